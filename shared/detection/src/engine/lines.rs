//! Memory in lines of a processor's cache: what is read together lies in one.

/// Words of a line.
pub(crate) const WORDS: usize = 8;

/// A line of 64 bytes.
pub(crate) type Line = [u64; WORDS];

/// Lines, zero at first. The system gives them out as they are first written
/// to, so that many of them cost nothing before they are used.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    words: Vec<u64>,
    /// The first word that stands at the start of a line.
    start: usize,
}

impl Lines {
    pub(crate) fn new(count: usize) -> Self {
        let words = vec![0; (count + 1) * WORDS];
        let start = words.as_ptr().align_offset(size_of::<Line>()) % WORDS;
        Self { words, start }
    }

    /// Where a line begins, in words. (Whatever is no line's is refused when
    /// it is read.)
    #[inline(always)]
    pub(crate) fn word_of(&self, line: usize) -> usize {
        line.wrapping_mul(WORDS).wrapping_add(self.start)
    }

    /// The line that begins at a word (0 where that is none's).
    #[inline(always)]
    pub(crate) fn line_of(&self, word: usize) -> usize {
        word.saturating_sub(self.start) / WORDS
    }

    /// The line that begins at a word.
    #[inline(always)]
    pub(crate) fn at(&self, word: usize) -> Option<&Line> {
        self.words.get(word..)?.first_chunk()
    }

    /// The same, to be written to.
    #[inline(always)]
    pub(crate) fn at_mut(&mut self, word: usize) -> Option<&mut Line> {
        self.words.get_mut(word..)?.first_chunk_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_one_of_the_processor_and_its_own() {
        let mut lines = Lines::new(5);
        for place in 0..5 {
            let line = lines.at_mut(lines.word_of(place)).unwrap();
            assert_eq!(*line, [0; WORDS]);
            *line = [place as u64 + 1; WORDS];
            assert_eq!(std::ptr::from_ref(line).addr() % 64, 0);
        }
        for place in 0..5 {
            assert_eq!(lines.line_of(lines.word_of(place)), place);
            let line = lines.at(lines.word_of(place));
            assert_eq!(line, Some(&[place as u64 + 1; WORDS]));
        }
    }
}
