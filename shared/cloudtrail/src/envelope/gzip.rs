//! Inflating gzip in one shot, into a buffer that is used again.

use libdeflater::{DecompressionError, Decompressor};

use super::EnvelopeError;
use crate::bounds::MAX_GZIP_MEMBERS;

/// How gzip data begins; the third byte says deflate, the only method there is.
pub(super) const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// The most that deflate can shrink a text.
const BEST_RATIO: usize = 1032;

/// First guess at how much larger the inflated text is, where no trailer
/// tells.
const USUAL_RATIO: usize = 8;

/// An inflater with its buffer.
pub(super) struct Inflater {
    decompressor: Decompressor,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self {
            decompressor: Decompressor::new(),
            buffer: Vec::new(),
        }
    }

    /// The inflated text of every member in `data`, joined. `limit` bounds
    /// the text; a trailer that lies about its size costs no more than that.
    pub(super) fn inflate(&mut self, data: &[u8], limit: usize) -> Result<&[u8], EnvelopeError> {
        let mut at = 0;
        let mut filled = 0;
        for member in 1..=MAX_GZIP_MEMBERS {
            let rest = data.get(at..).unwrap_or_default();
            let length = self.member(rest, filled, limit).map_err(|why| match why {
                DecompressionError::InsufficientSpace => EnvelopeError::TooLarge { limit },
                DecompressionError::BadData => EnvelopeError::BadGzip { member, at },
            })?;
            let text = self.buffer.get(filled..filled + length).unwrap_or_default();
            at += next_member(rest, text).unwrap_or(rest.len());
            filled += length;
            if at >= data.len() {
                return Ok(self.buffer.get(..filled).unwrap_or_default());
            }
        }
        Err(EnvelopeError::TooManyMembers {
            limit: MAX_GZIP_MEMBERS,
        })
    }

    /// Inflates the first member of `data` behind the `filled` bytes that the
    /// buffer holds already; returns how many bytes it gave.
    fn member(
        &mut self,
        data: &[u8],
        filled: usize,
        limit: usize,
    ) -> Result<usize, DecompressionError> {
        let promised = promised_length(data);
        // A trailer promises a size modulo 2^32 and may lie or belong to a
        // later member: it is the first guess, doubled while it is too small.
        let mut room = promised
            .max(data.len().saturating_mul(USUAL_RATIO).min(64 * 1024))
            .min(data.len().saturating_mul(BEST_RATIO))
            .min(limit.saturating_sub(filled));
        loop {
            if self.buffer.len() < filled + room {
                self.buffer.resize(filled + room, 0);
            }
            let space = self
                .buffer
                .get_mut(filled..filled + room)
                .unwrap_or_default();
            match self.decompressor.gzip_decompress(data, space) {
                Err(DecompressionError::InsufficientSpace) if filled + room < limit => {
                    room = room.saturating_mul(2).max(1024).min(limit - filled);
                }
                outcome => return outcome,
            }
        }
    }
}

/// The inflated size that the last four bytes promise.
fn promised_length(data: &[u8]) -> usize {
    data.last_chunk::<4>()
        .map_or(0, |size| u32::from_le_bytes(*size) as usize)
}

/// Where the member behind the first one starts, if there is one.
///
/// The first member ends with its text's checksum and size, and what follows
/// begins like gzip. Other bytes behind a member are padding and are left.
fn next_member(data: &[u8], text: &[u8]) -> Option<usize> {
    let size = u32::try_from(text.len() % (1 << 32)).ok()?;
    // The usual case first: the only member's trailer ends the data.
    let follows = memchr::memmem::find(data.get(18..)?, MAGIC).is_some();
    if !follows {
        return None;
    }
    let mut trailer = [0; 8];
    let (sum, length) = trailer.split_at_mut(4);
    sum.copy_from_slice(&libdeflater::crc32(text).to_le_bytes());
    length.copy_from_slice(&size.to_le_bytes());
    memchr::memmem::find_iter(data, &trailer)
        .map(|at| at + trailer.len())
        .find(|end| data.get(*end..).is_some_and(|rest| rest.starts_with(MAGIC)))
}
