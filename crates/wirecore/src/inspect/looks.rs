//! Looking into images: each distinct one once, by its hash.

use std::sync::Mutex;

use rustc_hash::FxHashMap;

use crate::scan::media::Image;
use crate::scan::picture::{decode, Album, Looked, Unseen, LEAST_SIDE};

/// Images whose outcome is remembered; others are looked at anew whenever they come.
const REMEMBERED: usize = 1 << 16;

/// The owner's pictures, and what the images of the traffic showed.
#[derive(Default)]
pub(super) struct Looks {
    album: Album,
    seen: Mutex<FxHashMap<[u8; 32], Looked>>,
}

impl Looks {
    pub(super) fn new(album: Album) -> Self {
        Looks {
            album,
            seen: Mutex::default(),
        }
    }

    /// Is there anything to compare with?
    pub(super) fn wanted(&self) -> bool {
        !self.album.is_empty()
    }

    /// What the image shows; `bytes` are its own.
    pub(super) fn look(&self, image: &Image, bytes: &[u8]) -> Looked {
        if self.album.is_empty() || !image.complete {
            return Looked::Not;
        }
        let side = image.width.min(image.height) as usize;
        if image.height > 0 && side < LEAST_SIDE {
            return Looked::Unseen(Unseen::Plain);
        }
        if let Some(&looked) = self.remembered().get(&image.sha256) {
            return looked;
        }
        let looked = match decode(image.format, bytes).and_then(|grey| self.album.find(&grey)) {
            Ok(Some(seen)) => Looked::Owners(seen.needle, seen.likeness),
            Ok(None) => Looked::Stranger,
            Err(why) => Looked::Unseen(why),
        };
        let mut remembered = self.remembered();
        if remembered.len() < REMEMBERED {
            remembered.insert(image.sha256, looked);
        }
        looked
    }

    /// A thread that broke while holding the lock left whole entries.
    fn remembered(&self) -> std::sync::MutexGuard<'_, FxHashMap<[u8; 32], Looked>> {
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
