//! The coverage as a picture: a column per tactic, a cell per technique, the
//! darker the more rules.

use std::fmt::Write as _;

use super::coverage::{Column, without_rules};

// Lengths in pixels.
const MARGIN: usize = 24;
const TITLE: usize = 56;
const COLUMN: usize = 196;
const GAP: usize = 8;
const HEAD: usize = 40;
const CELL: usize = 40;
const LEGEND: usize = 56;

/// Characters of a name that fit into a cell.
const NAME_CHARACTERS: usize = 29;

/// From how many rules on a cell has which ground and which ink.
const SHADES: [(usize, &str, &str); 5] = [
    (1, "#dbe9f6", "#14202e"),
    (2, "#b3d0ec", "#14202e"),
    (4, "#7fb0de", "#14202e"),
    (7, "#3f82c4", "#ffffff"),
    (11, "#1f5fa8", "#ffffff"),
];

/// The picture as SVG text.
pub(super) fn svg(columns: &[Column<'_>]) -> String {
    let shown: Vec<_> = columns
        .iter()
        .filter(|column| !column.cells.is_empty())
        .collect();
    let rows = shown
        .iter()
        .map(|column| column.cells.len())
        .max()
        .unwrap_or(0);
    let width = 2 * MARGIN
        + (shown.len() * (COLUMN + GAP))
            .saturating_sub(GAP)
            .max(4 * COLUMN);
    let top = MARGIN + TITLE;
    let bottom = top + HEAD + GAP + rows * (CELL + 2);
    let height = bottom + LEGEND + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"Helvetica, Arial, sans-serif\" \
         role=\"img\" aria-label=\"ATT&amp;CK techniques by number of rules\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"{}\" font-size=\"22\" font-weight=\"bold\" fill=\"#14202e\">\
         ATT&amp;CK techniques by number of rules</text>\n",
        MARGIN + 22
    );
    for (place, column) in shown.iter().enumerate() {
        draw(&mut text, column, MARGIN + place * (COLUMN + GAP), top);
    }
    legend(&mut text, columns, bottom + 24);
    text.push_str("</svg>\n");
    text
}

fn draw(text: &mut String, column: &Column<'_>, x: usize, top: usize) {
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{top}\" width=\"{COLUMN}\" height=\"{HEAD}\" fill=\"#14202e\"/>\
         <text x=\"{}\" y=\"{}\" font-size=\"14\" font-weight=\"bold\" fill=\"#ffffff\">{}</text>",
        x + 8,
        top + 25,
        escaped(column.name)
    );
    for (row, cell) in column.cells.iter().enumerate() {
        let y = top + HEAD + GAP + row * (CELL + 2);
        let (ground, ink) = shade(cell.rules.len());
        let _ = writeln!(
            text,
            "<g><title>{id} {name}: {count}</title>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{COLUMN}\" height=\"{CELL}\" fill=\"{ground}\"/>\
             <text x=\"{left}\" y=\"{first}\" font-size=\"12\" font-weight=\"bold\" fill=\"{ink}\">{id}</text>\
             <text x=\"{right}\" y=\"{first}\" font-size=\"12\" text-anchor=\"end\" fill=\"{ink}\">{count}</text>\
             <text x=\"{left}\" y=\"{second}\" font-size=\"11\" fill=\"{ink}\">{short}</text></g>",
            id = escaped(&cell.id),
            name = escaped(&cell.name),
            count = cell.rules.len(),
            left = x + 8,
            right = x + COLUMN - 8,
            first = y + 16,
            second = y + 31,
            short = escaped(&shortened(&cell.name)),
        );
    }
}

fn legend(text: &mut String, columns: &[Column<'_>], y: usize) {
    let mut x = MARGIN;
    for (place, (from, ground, _)) in SHADES.iter().enumerate() {
        let next = SHADES.get(place + 1).map(|(next, _, _)| next - 1);
        let words = match next {
            Some(to) if to == *from => from.to_string(),
            Some(to) => format!("{from} to {to}"),
            None => format!("{from} or more"),
        };
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"18\" height=\"18\" fill=\"{ground}\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"#14202e\">{words}</text>",
            x + 24,
            y + 13
        );
        x += 110;
    }
    let bare = without_rules(columns);
    if !bare.is_empty() {
        let _ = writeln!(
            text,
            "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"12\" fill=\"#5a6672\">Without a rule: {}</text>",
            y + 40,
            escaped(&bare.join(", "))
        );
    }
}

fn shade(rules: usize) -> (&'static str, &'static str) {
    let reached = SHADES.iter().rev().find(|(from, _, _)| rules >= *from);
    reached.map_or(("#ffffff", "#14202e"), |(_, ground, ink)| (ground, ink))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARACTERS {
        return name.to_owned();
    }
    let start: String = name.chars().take(NAME_CHARACTERS - 1).collect();
    format!("{}…", start.trim_end())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
