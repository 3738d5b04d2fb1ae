//! Text that attackers wrote, made safe to show.
//!
//! User names, agents, addresses and parameters come from whoever made the
//! call. Before one is shown it passes [`neutral`]: one line, no control or
//! invisible or direction-changing characters, no clickable address, bounded.

/// Longest value of one field in an alert, in characters.
pub const MAX_VALUE_CHARS: usize = 200;

/// Stands where a character was taken out.
const REPLACEMENT: char = '\u{FFFD}';

/// Ends a text that was cut.
const CUT: char = '…';

/// `text` on one line, without characters that hide or move other text,
/// without addresses that a mail program would make clickable, and at most
/// `max_chars` characters long.
pub fn neutral(text: &str, max_chars: usize) -> String {
    let defanged = text.replace("://", "[:]//");
    let mut chars = defanged.chars();
    let mut shown: String = chars
        .by_ref()
        .take(max_chars)
        .map(|char| if is_harmful(char) { REPLACEMENT } else { char })
        .collect();
    if chars.next().is_some() {
        shown.pop();
        if max_chars > 0 {
            shown.push(CUT);
        }
    }
    shown
}

/// [`neutral`] at the length of one field's value.
pub fn value(text: &str) -> String {
    neutral(text, MAX_VALUE_CHARS)
}

/// Printable ASCII only, at most `max_chars` long: for mail subjects, which
/// older clients expect so.
pub fn ascii(text: &str, max_chars: usize) -> String {
    let mut shown: String = text
        .chars()
        .map(|char| if matches!(char, ' '..='~') { char } else { '?' })
        .collect();
    if shown.len() > max_chars {
        shown.truncate(max_chars.saturating_sub(3));
        shown.push_str("...");
        shown.truncate(max_chars);
    }
    shown
}

/// Whether the character hides, breaks or reorders the text around it.
pub fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{AD}'                      // soft hyphen
            | '\u{34F}'                   // grapheme joiner
            | '\u{61C}'                   // Arabic letter mark
            | '\u{115F}'..='\u{1160}'     // Hangul fillers
            | '\u{17B4}'..='\u{17B5}'     // Khmer inherent vowels
            | '\u{180B}'..='\u{180F}'     // Mongolian selectors
            | '\u{200B}'..='\u{200F}'     // zero width, direction marks
            | '\u{2028}'..='\u{202E}'     // line separators, embeddings
            | '\u{2060}'..='\u{206F}'     // joiners, isolates
            | '\u{3164}' | '\u{FFA0}'     // Hangul fillers
            | '\u{FE00}'..='\u{FE0F}'     // variation selectors
            | '\u{FEFF}'                  // byte order mark
            | '\u{FFF0}'..='\u{FFFB}'     // annotations
            | '\u{1D173}'..='\u{1D17A}'   // musical controls
            | '\u{E0000}'..='\u{E0FFF}') // tags, selectors
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_breaks_escapes_and_direction_marks_are_replaced() {
        assert_eq!(neutral("a\r\nb", 10), "a\u{FFFD}\u{FFFD}b");
        assert_eq!(neutral("\u{1b}[31m", 10), "\u{FFFD}[31m");
        assert_eq!(neutral("exe\u{202E}gpj", 10), "exe\u{FFFD}gpj");
        assert_eq!(neutral("用户", 10), "用户");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(neutral("abcdef", 6), "abcdef");
        assert_eq!(neutral("abcdefg", 6), "abcde…");
        assert_eq!(value(&"x".repeat(65_536)).chars().count(), MAX_VALUE_CHARS);
        assert_eq!(ascii(&"x".repeat(200), 99).len(), 99);
    }

    #[test]
    fn addresses_are_not_clickable() {
        assert_eq!(
            neutral("https://evil.example", 50),
            "https[:]//evil.example"
        );
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in "\\PC*|(?s).*", max in 0_usize..80) {
            let shown = neutral(&text, max);
            prop_assert!(shown.chars().count() <= max);
            prop_assert!(!shown.chars().any(is_harmful));
            prop_assert!(!shown.contains("://"));
            prop_assert_eq!(neutral(&shown, max), shown);
        }

        #[test]
        fn subjects_are_printable_ascii(text in "(?s).*", max in 0_usize..120) {
            let shown = ascii(&text, max);
            prop_assert!(shown.len() <= max);
            prop_assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}
