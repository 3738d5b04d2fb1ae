//! Where the other engine is known to read a rule or a record otherwise, and
//! why it is read so here. A difference in verdicts is explained if switching
//! to one of its ways, or to two of them, gives its verdict.

use detection::rule::Detection;

use crate::reading::{self, Tree};

/// A way of the other engine that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Choice {
    ObjectsHaveNoText,
    NullIsAbsent,
    NullsInListsAreNone,
    NullAmongOthers,
    OtherThanAbsent,
    KeysWithDots,
    LinesEndWildcards,
    OneElementForAll,
    WholeValuesRefer,
    KeywordsAreTexts,
    NumbersArePrinted,
    SwitchWords,
    LooseNumbers,
    LettersFold,
    NumbersAreMoments,
    EncodedTextIsCased,
    EmptyListIsNothing,
    AnchorsChangePlaces,
}

/// What a rule must have for some ways to matter. It is seen in the other
/// engine's reading only, for ours is past it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    /// A text behind `base64` and its like.
    pub(crate) encoded: bool,
    /// A field with a list of no values.
    pub(crate) empty_list: bool,
    /// A wildcard behind `startswith` or `endswith`.
    pub(crate) anchored: bool,
}

impl Choice {
    pub(crate) const ALL: [Self; 18] = [
        Self::ObjectsHaveNoText,
        Self::NullIsAbsent,
        Self::NullsInListsAreNone,
        Self::NullAmongOthers,
        Self::OtherThanAbsent,
        Self::KeysWithDots,
        Self::LinesEndWildcards,
        Self::OneElementForAll,
        Self::WholeValuesRefer,
        Self::KeywordsAreTexts,
        Self::NumbersArePrinted,
        Self::SwitchWords,
        Self::LooseNumbers,
        Self::LettersFold,
        Self::NumbersAreMoments,
        Self::EncodedTextIsCased,
        Self::EmptyListIsNothing,
        Self::AnchorsChangePlaces,
    ];

    fn matters(self, traits: Traits) -> bool {
        match self {
            Self::EncodedTextIsCased => traits.encoded,
            Self::EmptyListIsNothing => traits.empty_list,
            Self::AnchorsChangePlaces => traits.anchored,
            _ => true,
        }
    }

    /// What differs, and on what our way rests.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::ObjectsHaveNoText => {
                "an object passes no text test there; here it is compared as JSON, which rules over all of `requestParameters` rest on"
            }
            Self::NullIsAbsent => {
                "`exists` is false of a null there; the specification has it look at the presence, not the value, be it null"
            }
            Self::NullsInListsAreNone => {
                "a list that holds null is not null there; here an array is tried element by element, for null too"
            }
            Self::NullAmongOthers => {
                "null beside other values is not found in an absent field there; pySigma joins the values with `or`"
            }
            Self::OtherThanAbsent => {
                "`neq` is false of an absent field there; pySigma reads it as `not` around the test"
            }
            Self::KeysWithDots => {
                "a key that holds a dot is found at the top only there; here at every level"
            }
            Self::LinesEndWildcards => {
                "`*` and `?` stop at a line's end there; the specification knows no such end"
            }
            Self::OneElementForAll => {
                "`all` asks one element, or one text, for everything there; here different ones may pass"
            }
            Self::WholeValuesRefer => {
                "`fieldref` compares whole lists, objects and numbers by kind there; here as text, element by element"
            }
            Self::KeywordsAreTexts => {
                "keywords are looked for in texts only there, and numbers not at all; here in every value, as text"
            }
            Self::NumbersArePrinted => {
                "a number compares as the engine prints it there (`1.0` as `1`); here as it was written"
            }
            Self::SwitchWords => {
                "a switch equals `1`, `0`, `yes` and `no` there; here the word itself"
            }
            Self::LooseNumbers => {
                "`inf`, and whole numbers beyond what floating point tells apart, compare as numbers there; here as they are written"
            }
            Self::LettersFold => {
                "some letters (`\u{17f}` and `s`, a sigma at a word's end) have other twins there; here letters are lower-cased one by one"
            }
            Self::NumbersAreMoments => {
                "a bare number is a time there, counted in seconds; CloudTrail writes times as text"
            }
            Self::EmptyListIsNothing => {
                "a field with an empty list finds nothing there; pySigma reads null"
            }
            Self::AnchorsChangePlaces => {
                "a value with a wildcard behind `startswith` is looked for at the end there, and behind `endswith` at the start"
            }
            Self::EncodedTextIsCased => {
                "text behind `base64` and its like is compared with its case there; pySigma compares it like all text"
            }
        }
    }
}

/// The ways that give the other engine's verdict: one, or two together.
pub(crate) fn explanation(
    detection: &Detection,
    traits: Traits,
    record: &Tree,
    theirs: bool,
) -> Option<Vec<Choice>> {
    let all = Choice::ALL.into_iter();
    let choices: Vec<Choice> = all.filter(|one| one.matters(traits)).collect();
    let gives = |choices: &[Choice]| reading::holds(detection, record, choices) == theirs;
    let one = choices.iter().map(|one| vec![*one]);
    let two = choices.iter().enumerate().flat_map(|(place, one)| {
        let others = choices.get(place + 1..).unwrap_or_default();
        others.iter().map(|other| vec![*one, *other])
    });
    one.chain(two).find(|choices| gives(choices))
}
