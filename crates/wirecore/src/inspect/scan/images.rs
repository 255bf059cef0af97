//! Images in a node, and pieces of the owner's files in bytes that nothing else explains.

use super::super::frame::{Frame, How, Sight};
use super::super::report::PIECE;
use super::super::Watch;
use super::{Carry, Scan};
use crate::scan::media::{Image, Search, MIN_IMAGE};
use crate::scan::picture::Looked;
use crate::scan::pieces::Piece as Found;
use crate::unwrap::Node;

impl Scan<'_> {
    pub(super) fn look_for_images(&mut self, node: &Node<'_>) {
        if node.steps.is_empty() && self.before.is_empty() {
            return self.look_for_images_at_root(node.bytes);
        }
        if node.bytes.len() < MIN_IMAGE {
            return;
        }
        let (above, frame) = self.frames.with_next();
        match (node.verbatim, above.last(), node.steps.last()) {
            (true, Some(parent), Some(step)) if !parent.has_image_across(step) => {
                for image in parent.images_within(step) {
                    frame.images.push(image.moved_back(step.start));
                }
            }
            _ => Search::default().feed(node.bytes, 0, true, &mut |image| frame.images.push(image)),
        }
        self.match_images(node.bytes);
    }

    /// At the place's root the search goes on from window to window.
    fn look_for_images_at_root(&mut self, window: &[u8]) {
        let Scan {
            watch,
            piece,
            carry,
            frames,
            out,
            ..
        } = self;
        let offset = piece.offset;
        let mut found = Vec::new();
        carry
            .images
            .feed(window, offset, piece.last, &mut |image| found.push(image));
        let (_, frame) = frames.with_next();
        for mut image in found {
            let kept = carry.images.take_kept(image.start);
            if image.start >= offset {
                frame.images.push(image.moved_back(offset));
                continue;
            }
            // It began in an earlier window, where no child can show it whole.
            let (start, end) = (image.start, image.end);
            let bytes = kept.as_ref().map_or(&[][..], |kept| kept.bytes());
            let known = [(offset, window), (start, bytes)];
            let window =
                |carry: &Carry, range: (u64, u64)| carry.window(start, range, piece, &known);
            if let Some(needle) = watch.needles.find_file(&image.sha256, end - start) {
                let window = window(carry, (start, end));
                carry.report_file(piece, (needle, ""), (start, end), window, watch, out);
            } else if kept.is_some() {
                for found in whole_or_pieces(watch, &image, bytes) {
                    let range = (start + found.start as u64, start + found.end as u64);
                    let window = window(carry, range);
                    carry.report_file(piece, (found.needle, PIECE), range, window, watch, out);
                }
                image.looked = watch.looks.look(&image, bytes);
                if let Looked::Owners(needle, likeness) = image.looked {
                    let window = window(carry, (start, end));
                    let found = (needle, likeness.text());
                    carry.report_file(piece, found, (start, end), window, watch, out);
                }
            }
            carry.judge(&image);
            let window = window(carry, (start, end));
            carry.report_image(piece.place, vec![], &image, window, out);
        }
        self.match_images(window);
    }

    /// The owner's files and pictures among the node's images.
    fn match_images(&mut self, bytes: &[u8]) {
        let (_, frame) = self.frames.with_next();
        for at in 0..frame.images.len() {
            let Image {
                start, end, sha256, ..
            } = frame.images[at];
            let file = self.watch.needles.find_file(&sha256, end - start);
            let (needle, how) = if let Some(needle) = file {
                (needle, How::File)
            } else {
                let its = bytes.get(start as usize..end as usize).unwrap_or_default();
                let found = whole_or_pieces(self.watch, &frame.images[at], its);
                see_pieces(self.watch, frame, &found, start);
                let image = &mut frame.images[at];
                image.looked = self.watch.looks.look(image, its);
                match image.looked {
                    Looked::Owners(needle, likeness) => (needle, How::Picture(likeness)),
                    _ => continue,
                }
            };
            let sight = Sight {
                needle,
                start,
                end,
                how,
                dropped: false,
            };
            frame.see(self.watch.fact_of[needle as usize], sight);
        }
    }

    /// Pieces of the owner's files in bytes that nothing else explains, which begin at `shift` of the node at hand.
    pub(super) fn look_for_pieces(&mut self, bytes: &[u8], shift: u64) {
        if self.watch.pieces.is_empty() || !self.piece.up {
            return;
        }
        let found = self.watch.pieces.find(bytes);
        if let Some(frame) = self.frames.last_in_use().filter(|_| !found.is_empty()) {
            see_pieces(self.watch, frame, &found, shift);
            frame.keep_clips((shift, bytes));
        }
    }
}

/// Of an image of which the end is missing: the pieces of the owner's files in it.
fn whole_or_pieces(watch: &Watch, image: &Image, bytes: &[u8]) -> Vec<Found> {
    if image.complete {
        return Vec::new();
    }
    watch.pieces.find(bytes)
}

/// Keeps pieces that were found at `shift` of a node.
fn see_pieces(watch: &Watch, frame: &mut Frame, found: &[Found], shift: u64) {
    for piece in found {
        let (start, end) = (shift + piece.start as u64, shift + piece.end as u64);
        frame.pieces.push((start, end));
        let sight = Sight {
            needle: piece.needle,
            start,
            end,
            how: How::Piece,
            dropped: false,
        };
        frame.see(watch.fact_of[piece.needle as usize], sight);
    }
}
