//! SQLite databases (sqlite.org, "Database File Format"): an uploaded message store, a log, a cache of an app.
//!
//! The tables are walked from the schema on, then every other page of rows: what was deleted still stands there. A
//! child is the value of one cell; its path is `/table/row/column`, its key the column's name. A text or run of bytes is
//! shown as it stands; a number, and what overflows its page, is printed under a path that begins with `=` and names the
//! page and the cell, as in `=12.3.1/sms/7/body`, with the whole file as its range.

use super::look::{is_random, lossy, BINARY};
use super::tree::{Tree, View};
use super::{Codec, Hint};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

pub(super) const CODEC: Codec = Codec {
    name: "sqlite",
    reason: "apps keep messages, contacts and logs in such files, and upload them whole (sqlite.org, fileformat2)",
    wants: BINARY,
    recognise: |view| Database::of(view.bytes).is_some(),
    open,
    derive: |raw, step, out| {
        let Some(place) = step.path.strip_prefix('=') else {
            out.extend_from_slice(raw);
            return true;
        };
        let numbers = place.split('/').next().unwrap_or_default();
        let mut numbers = numbers.split('.').map_while(|n| n.parse().ok());
        let (Some(page), Some(cell), Some(column)) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        let value = Database::of(raw).and_then(|database| {
            let row = database.row(page, cell)?;
            let value = row.value(column)?;
            Some(row.print(&value))
        });
        value.is_some_and(|value| {
            out.extend_from_slice(&value);
            true
        })
    },
};

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Smallest number that is shown: what is smaller identifies nobody.
const NUMBER: u64 = 100_000;
/// Bytes of one value that overflows, and pages of one database.
const VALUE: usize = 1 << 20;
const PAGES: usize = 1 << 16;
const COLUMNS: usize = 256;
/// Kinds of pages.
const INNER_TABLE: u8 = 5;
const ROWS: u8 = 13;

struct Database<'b> {
    bytes: &'b [u8],
    page: usize,
    /// Bytes of a page that are used.
    usable: usize,
}

/// A row: its number, the columns' types and where their values begin in the payload.
struct Row<'b> {
    id: u64,
    /// In the file, when it does not overflow.
    at: usize,
    payload: std::borrow::Cow<'b, [u8]>,
    types: Vec<(u64, Range<usize>)>,
}

/// A number of seven bits a byte, the highest first; of nine bytes the last has eight.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (n, &b) in bytes.get(at..)?.iter().take(9).enumerate() {
        if n == 8 {
            return Some((value << 8 | u64::from(b), at + 9));
        }
        value = value << 7 | u64::from(b & 0x7F);
        if b < 0x80 {
            return Some((value, at + n + 1));
        }
    }
    None
}

/// Bytes of a value by its type.
fn width(kind: u64) -> Option<usize> {
    Some(match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind as usize,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    })
}

impl<'b> Database<'b> {
    fn of(bytes: &'b [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let head: &[u8; 100] = bytes.first_chunk()?;
        let page = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page.checked_sub(head[20].into())?;
        (page.is_power_of_two() && page >= 512 && usable >= 480).then_some(Database {
            bytes,
            page,
            usable,
        })
    }

    fn pages(&self) -> usize {
        self.bytes.len().div_ceil(self.page).min(PAGES)
    }

    /// A page by its number, from 1 on; the last one may be cut.
    fn page(&self, number: usize) -> Option<&'b [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.page)?;
        self.bytes
            .get(start..self.bytes.len().min(start + self.page))
            .filter(|page| !page.is_empty())
    }

    /// Where a page's own header begins: behind the file's on the first.
    fn head(number: usize) -> usize {
        if number == 1 {
            100
        } else {
            0
        }
    }

    fn kind(&self, number: usize) -> Option<u8> {
        self.page(number)?.get(Self::head(number)).copied()
    }

    /// Where the cells of a page begin.
    fn cells(&self, number: usize) -> Option<impl Iterator<Item = usize> + 'b> {
        let page = self.page(number)?;
        let head = Self::head(number);
        let inner = matches!(page.get(head)?, 2 | 5);
        let count = usize::from(u16::from_be_bytes([
            *page.get(head + 3)?,
            *page.get(head + 4)?,
        ]));
        let list = head + if inner { 12 } else { 8 };
        let list = page.get(list..page.len().min(list + count * 2))?;
        Some(
            list.chunks_exact(2)
                .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]]))),
        )
    }

    /// Pages below an inner page.
    fn below(&self, number: usize) -> Vec<usize> {
        let read = |at: usize| {
            let raw: &[u8; 4] = self.page(number)?.get(at..)?.first_chunk()?;
            usize::try_from(u32::from_be_bytes(*raw)).ok()
        };
        let cells = self.cells(number).into_iter().flatten();
        let last = read(Self::head(number) + 8);
        cells.filter_map(read).chain(last).collect()
    }

    /// A row of a page of rows, by its place among the cells.
    fn row(&self, number: usize, cell: usize) -> Option<Row<'b>> {
        if self.kind(number)? != ROWS {
            return None;
        }
        let at = self.cells(number)?.nth(cell)?;
        let page = self.page(number)?;
        let (len, next) = varint(page, at)?;
        let (id, start) = varint(page, next)?;
        let len = usize::try_from(len).ok()?;
        let payload = self.payload(page, start, len)?;
        let (header, mut next) = varint(&payload, 0)?;
        let header = usize::try_from(header).ok()?;
        let mut from = header;
        let mut types = Vec::new();
        while next < header && types.len() < COLUMNS {
            let (kind, behind) = varint(&payload, next)?;
            let end = from.checked_add(width(kind)?)?;
            types.push((kind, from..end));
            from = end;
            next = behind;
        }
        let at = (number - 1) * self.page + start;
        (from <= payload.len() || types.len() == COLUMNS || payload.len() == VALUE).then_some(Row {
            id,
            at,
            payload,
            types,
        })
    }

    /// What belongs to a cell, joined when it goes on in other pages.
    fn payload(
        &self,
        page: &'b [u8],
        start: usize,
        len: usize,
    ) -> Option<std::borrow::Cow<'b, [u8]>> {
        let most = self.usable - 35;
        if len <= most {
            return page.get(start..start.checked_add(len)?).map(Into::into);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let kept = least + (len - least) % (self.usable - 4);
        let here = if kept <= most { kept } else { least };
        let mut joined = page.get(start..start + here)?.to_vec();
        let next = |bytes: &[u8]| {
            bytes
                .first_chunk()
                .map(|raw| u32::from_be_bytes(*raw) as usize)
        };
        let mut following = next(page.get(start + here..)?)?;
        let wanted = len.min(VALUE);
        for _ in 0..=VALUE / (self.usable - 4) {
            let Some(page) = self.page(following).filter(|_| joined.len() < wanted) else {
                break;
            };
            let part = page.get(4..page.len().min(self.usable)).unwrap_or_default();
            joined.extend_from_slice(&part[..part.len().min(wanted - joined.len())]);
            following = next(page)?;
        }
        Some(joined.into())
    }
}

impl Row<'_> {
    fn value(&self, column: usize) -> Option<(u64, Range<usize>)> {
        let (kind, range) = self.types.get(column)?.clone();
        let end = range.end.min(self.payload.len());
        (range.start <= end).then_some((kind, range.start..end))
    }

    /// A value in bytes: a number in digits.
    fn print(&self, (kind, range): &(u64, Range<usize>)) -> Vec<u8> {
        let raw = &self.payload[range.clone()];
        match kind {
            1..=6 => {
                let negative = raw.first().is_some_and(|b| *b >= 0x80);
                let start = if negative { -1 } else { 0 };
                let value = raw
                    .iter()
                    .fold(start, |value: i64, b| value << 8 | i64::from(*b));
                value.to_string().into_bytes()
            }
            7 => {
                let bits = raw
                    .iter()
                    .fold(0, |value: u64, b| value << 8 | u64::from(*b));
                f64::from_bits(bits).to_string().into_bytes()
            }
            _ => raw.to_vec(),
        }
    }
}

/// A table of the schema.
struct Table {
    name: String,
    columns: Vec<String>,
}

/// The names of the columns in the statement that made the table.
fn columns(statement: &str) -> Vec<String> {
    let Some((_, inside)) = statement.split_once('(') else {
        return Vec::new();
    };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, true);
    let mut rest = inside.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if c.is_whitespace() => {}
            c if start && depth == 0 => {
                start = false;
                let quoted = matches!(c, '"' | '`' | '[' | '\'');
                let mut name = if quoted { String::new() } else { c.to_string() };
                while let Some(c) = rest.next_if(|c| {
                    if quoted {
                        !matches!(c, '"' | '`' | ']' | '\'')
                    } else {
                        c.is_alphanumeric() || *c == '_'
                    }
                }) {
                    name.push(c);
                }
                names.push(name);
            }
            _ => {}
        }
        if names.len() == COLUMNS {
            break;
        }
    }
    names
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(database) = Database::of(view.bytes) else {
        return false;
    };
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut shown = FxHashSet::default();
    let schema = Rc::new(Table {
        name: "sqlite_master".to_owned(),
        columns: ["type", "name", "tbl_name", "rootpage", "sql"]
            .map(str::to_owned)
            .to_vec(),
    });
    let mut tables: FxHashMap<usize, Rc<Table>> = FxHashMap::default();
    // The schema is a table like the others, and says where they begin.
    for number in walk(&database, 1, &mut shown) {
        for cell in 0..database.cells(number).into_iter().flatten().count() {
            let Some(row) = database.row(number, cell) else {
                continue;
            };
            let text = |column: usize| row.value(column).map(|value| row.print(&value));
            if let (Some(name), Some(root), Some(sql)) = (text(1), text(3), text(4)) {
                let root = std::str::from_utf8(&root)
                    .ok()
                    .and_then(|root| root.parse().ok());
                let (name, columns) = (lossy(&name).into_owned(), columns(&lossy(&sql)));
                tables.extend(root.map(|root: usize| (root, Rc::new(Table { name, columns }))));
            }
        }
        show_rows(&database, number, &schema, step, tree, view);
    }
    let mut roots: Vec<_> = tables.into_iter().collect();
    roots.sort_unstable_by_key(|(root, _)| *root);
    for (root, table) in roots {
        for number in walk(&database, root, &mut shown) {
            show_rows(&database, number, &table, step, tree, view);
        }
    }
    // Pages that no table names any more, and those of which nothing is known.
    let unknown = Rc::new(Table {
        name: String::new(),
        columns: Vec::new(),
    });
    for number in 1..=database.pages() {
        if database.kind(number) == Some(ROWS) && shown.insert(number) {
            show_rows(&database, number, &unknown, step, tree, view);
        } else if !shown.contains(&number) {
            let page = database.page(number).unwrap_or_default();
            let start = (number - 1) * database.page;
            if is_random(page) {
                tree.aim(step, &(start..start + page.len()));
                tree.path(step).clear();
                tree.tell_opaque(page, view.key);
            }
        }
    }
    let rest = database.pages() * database.page;
    if rest < view.bytes.len() {
        tree.bound("unwrap_leaves", (view.bytes.len() - rest) as u64);
    }
    tree.pop();
    true
}

/// The pages of rows below a page, each once.
fn walk(database: &Database<'_>, root: usize, shown: &mut FxHashSet<usize>) -> Vec<usize> {
    let (mut rows, mut due) = (Vec::new(), vec![root]);
    while let Some(number) = due.pop() {
        let kind = database.kind(number);
        if !matches!(kind, Some(INNER_TABLE | ROWS)) || !shown.insert(number) {
            continue;
        }
        if kind == Some(ROWS) {
            rows.push(number);
        } else {
            due.extend(database.below(number).into_iter().rev());
        }
    }
    rows
}

fn show_rows(
    database: &Database<'_>,
    number: usize,
    table: &Table,
    step: usize,
    tree: &mut Tree<'_>,
    view: &View<'_>,
) {
    for cell in 0..database.cells(number).into_iter().flatten().count() {
        let Some(row) = database.row(number, cell) else {
            continue;
        };
        for column in 0..row.types.len() {
            let Some((kind, range)) = row.value(column) else {
                break;
            };
            let as_it_stands = kind >= 12 && matches!(row.payload, std::borrow::Cow::Borrowed(_));
            if range.is_empty() {
                continue;
            }
            let printed = row.print(&(kind, range.clone()));
            let small = kind <= 6
                && lossy(&printed)
                    .trim_start_matches('-')
                    .parse()
                    .is_ok_and(|n: u64| n < NUMBER);
            if small || !as_it_stands && !tree.spend(printed.len()) {
                continue;
            }
            let path = tree.path(step);
            path.clear();
            if !as_it_stands {
                // Writing to a string cannot fail.
                let _ = write!(path, "={number}.{cell}.{column}");
            }
            let _ = write!(path, "/{}/{}/", table.name, row.id);
            let from = path.len();
            match table.columns.get(column) {
                Some(name) => path.push_str(name),
                None => {
                    let _ = write!(path, "{column}");
                }
            }
            let name = tree.name_from(step, from);
            if as_it_stands {
                let at = row.at + range.start..row.at + range.end;
                tree.aim(step, &at);
                if let Some(inside) = view.bytes.get(at) {
                    tree.show(inside, true, name, &Hint::default());
                }
            } else {
                tree.aim(step, &(0..view.bytes.len()));
                tree.show(&printed, false, name, &Hint::default());
            }
        }
    }
}
