//! The order in which CloudTrail writes members, and the scan that goes along
//! it: each key is compared in one step with the one that may come next,
//! punctuation and all.
//!
//! It is a guess. From the first member on that stands elsewhere, or is written
//! otherwise, the record is read in the general way.

use crate::member::Member;
use crate::scan::Scan;

/// Bytes that are compared in one step.
pub(crate) const WIDTH: usize = 32;

/// A string of no usual length.
pub(crate) const VARIES: usize = usize::MAX;

/// The value is a string: its opening quote is compared with the key.
const STRING: bool = true;

/// The value is of any kind.
const ANY: bool = false;

/// A key with what stands around it.
struct Key {
    length: usize,
    /// The text, and which of its bytes count.
    text: [u8; WIDTH],
    mask: [u8; WIDTH],
}

impl<const ESCAPED: bool> Scan<'_, '_, ESCAPED> {
    /// Reads the members of the record as far as they come in their order;
    /// returns the place where the general way goes on: behind a value, or at
    /// the start.
    #[inline(always)]
    pub(crate) fn usual_record(&mut self) -> Option<usize> {
        let mut at = self.string::<{ Member::EventVersion as usize }, '{', 4>(0)?;
        at = self.user_identity(at)?;
        at = self.string::<{ Member::EventTime as usize }, ',', 20>(at)?;
        at = self.string::<{ Member::EventSource as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::EventName as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::AwsRegion as usize }, ',', 9>(at)?;
        at = self.string::<{ Member::SourceIpAddress as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::UserAgent as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::ErrorCode as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::ErrorMessage as usize }, ',', VARIES>(at)?;
        at = self.any::<{ Member::RequestParameters as usize }>(at)?;
        at = self.any::<{ Member::ResponseElements as usize }>(at)?;
        at = self.any::<{ Member::AdditionalEventData as usize }>(at)?;
        at = self.string::<{ Member::RequestId as usize }, ',', 36>(at)?;
        at = self.string::<{ Member::EventId as usize }, ',', 36>(at)?;
        at = self.any::<{ Member::ReadOnly as usize }>(at)?;
        at = self.any::<{ Member::Resources as usize }>(at)?;
        at = self.string::<{ Member::EventType as usize }, ',', 10>(at)?;
        at = self.string::<{ Member::ApiVersion as usize }, ',', VARIES>(at)?;
        at = self.any::<{ Member::ManagementEvent as usize }>(at)?;
        at = self.string::<{ Member::RecipientAccountId as usize }, ',', 12>(at)?;
        at = self.string::<{ Member::SharedEventId as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::VpcEndpointId as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::EventCategory as usize }, ',', 10>(at)?;
        self.any::<{ Member::TlsDetails as usize }>(at)
    }

    /// The same for the identity that opens at `at`.
    #[inline(always)]
    pub(crate) fn usual_identity(&mut self, at: usize) -> Option<usize> {
        let mut at = self.string::<{ Member::IdentityType as usize }, '{', VARIES>(at)?;
        at = self.string::<{ Member::IdentityPrincipalId as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::IdentityArn as usize }, ',', VARIES>(at)?;
        at = self.string::<{ Member::IdentityAccountId as usize }, ',', 12>(at)?;
        at = self.string::<{ Member::IdentityAccessKeyId as usize }, ',', 20>(at)?;
        at = self.string::<{ Member::IdentityUserName as usize }, ',', VARIES>(at)?;
        at = self.any::<{ Member::IdentitySessionContext as usize }>(at)?;
        self.string::<{ Member::IdentityInvokedBy as usize }, ',', VARIES>(at)
    }

    /// Reads the identity if it is what follows at `at`.
    #[inline(always)]
    fn user_identity(&mut self, at: usize) -> Option<usize> {
        const MEMBER: usize = Member::UserIdentity as usize;
        let key = const { Key::new::<MEMBER>(',', ANY, ESCAPED) };
        match self.ahead(at) {
            Some(ahead) if key.matches(ahead) && ahead.get(key.length) == Some(&b'{') => {
                let start = at + key.length;
                let end = self.identity(start)?;
                self.put::<MEMBER>(start, end);
                Some(end)
            }
            _ => Some(at),
        }
    }

    /// Reads a string that usually has `USUAL` bytes, if it is this member's and
    /// follows `BEFORE` at `at`; returns the place behind it, or `at` where
    /// something else follows.
    #[inline(always)]
    fn string<const MEMBER: usize, const BEFORE: char, const USUAL: usize>(
        &mut self,
        at: usize,
    ) -> Option<usize> {
        let key = const { Key::new::<MEMBER>(BEFORE, STRING, ESCAPED) };
        match self.ahead(at) {
            Some(ahead) if key.matches(ahead) => {
                let content = at + key.length;
                let end = self.string_from::<USUAL>(content)?;
                self.put::<MEMBER>(content - Self::QUOTE, end);
                Some(end)
            }
            _ => Some(at),
        }
    }

    /// The same for a value of any kind.
    #[inline(always)]
    fn any<const MEMBER: usize>(&mut self, at: usize) -> Option<usize> {
        let key = const { Key::new::<MEMBER>(',', ANY, ESCAPED) };
        match self.ahead(at) {
            // A blank behind the colon is for the general way.
            Some(ahead)
                if key.matches(ahead) && ahead.get(key.length).is_some_and(|it| *it > b' ') =>
            {
                let start = at + key.length;
                let end = if MEMBER >= Member::IdentityType as usize {
                    self.value::<false>(start)?
                } else {
                    self.value::<true>(start)?
                };
                self.put::<MEMBER>(start, end);
                Some(end)
            }
            _ => Some(at),
        }
    }
}

impl Key {
    /// Evaluated by the compiler: a failure is a compile error.
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler: a failure is a compile error"
    )]
    const fn new<const MEMBER: usize>(before: char, quoted: bool, escaped: bool) -> Self {
        let key = Member::ALL[MEMBER].0.key();
        let quote: &[u8] = if escaped { b"\\\"" } else { b"\"" };
        let (opening, colon): (&[u8], &[u8]) = (if quoted { quote } else { b"" }, b":");
        let parts = [&[before as u8], quote, key, quote, colon, opening];
        let mut built = Self {
            length: 0,
            text: [0; WIDTH],
            mask: [0; WIDTH],
        };
        let mut part = 0;
        while part < parts.len() {
            let mut at = 0;
            while at < parts[part].len() {
                built.text[built.length] = parts[part][at];
                built.mask[built.length] = 0xff;
                built.length += 1;
                at += 1;
            }
            part += 1;
        }
        assert!(
            quoted || built.length < WIDTH,
            "the value's first byte is looked at"
        );
        built
    }

    /// Whether `text` begins with the key and what stands around it.
    #[inline(always)]
    fn matches(&self, text: &[u8; WIDTH]) -> bool {
        let bytes = text.iter().zip(&self.text).zip(&self.mask);
        bytes.fold(0, |odd, ((one, other), mask)| odd | ((one ^ other) & mask)) == 0
    }
}
