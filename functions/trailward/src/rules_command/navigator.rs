//! The coverage as a layer of the ATT&CK Navigator (layer format 4.5).

use serde_json::{Value, json};

use super::coverage::Column;

/// A technique's score that is drawn in the strongest colour.
const FULL_SCORE: usize = 10;

/// The layer as JSON text. A technique's score is its number of rules.
pub(super) fn layer(columns: &[Column<'_>]) -> String {
    let cells = columns
        .iter()
        .flat_map(|column| column.cells.iter().map(move |cell| (column.tactic, cell)));
    let techniques: Vec<Value> = cells
        .map(|(tactic, cell)| {
            let titles: Vec<_> = cell
                .rules
                .iter()
                .map(|rule| rule.meta.title.as_str())
                .collect();
            json!({
                "techniqueID": cell.id,
                "tactic": tactic,
                "score": cell.rules.len(),
                "comment": titles.join("\n"),
                "enabled": true,
                "metadata": [],
                "links": [],
                "showSubtechniques": cell.id.contains('.'),
            })
        })
        .collect();
    let layer = json!({
        "name": "Trailward",
        "versions": {"attack": "17", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Techniques by the number of rules that watch AWS CloudTrail for them",
        "filters": {"platforms": ["IaaS", "Identity Provider", "SaaS"]},
        "sorting": 0,
        "layout": {"layout": "side", "showID": true, "showName": true},
        "hideDisabled": false,
        "techniques": techniques,
        "gradient": {
            "colors": ["#dbe9f6ff", "#1f5fa8ff"],
            "minValue": 0,
            "maxValue": FULL_SCORE,
        },
        "legendItems": [],
        "metadata": [],
        "links": [],
    });
    format!("{layer:#}\n")
}
