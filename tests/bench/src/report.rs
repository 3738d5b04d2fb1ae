//! The table, the ratios and their targets.

/// Medians of one stage.
pub(crate) struct Row {
    name: &'static str,
    times: Vec<Vec<f64>>,
}

/// A ratio on the largest payloads that must stay below (or above) a bound.
struct Target {
    of: &'static str,
    to: &'static str,
    bound: f64,
    at_least: bool,
}

const fn at_most(of: &'static str, to: &'static str, bound: f64) -> Target {
    Target {
        of,
        to,
        bound,
        at_least: false,
    }
}

const fn at_least(of: &'static str, to: &'static str, bound: f64) -> Target {
    Target {
        of,
        to,
        bound,
        at_least: true,
    }
}

const TARGETS: [Target; 8] = [
    at_most("c60", "b", 1.15),
    at_most("c800", "b", 1.30),
    at_most("c60", "a", 1.55),
    at_most("c800", "a", 2.0),
    at_most("c800", "c60", 1.25),
    at_most("p60", "b", 2.5),
    at_least("e60", "c60", 5.0),
    at_least("e800", "c800", 9.0),
];

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            times: Vec::new(),
        }
    }

    /// Adds one round's nanoseconds per record for the payloads at `place`.
    pub(crate) fn add(&mut self, place: usize, nanoseconds: f64) {
        if self.times.len() <= place {
            self.times.resize(place + 1, Vec::new());
        }
        self.times[place].push(nanoseconds);
    }

    fn median(&self, place: usize) -> f64 {
        let mut times = self.times.get(place).cloned().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn what(&self) -> &'static str {
        match self.name {
            "a" => "base64 and gunzip alone",
            "b" => "the floor: (a) and the scan",
            "c60" => "the product, 60 rules",
            "c800" => "the product, 800 rules",
            "p60" => "the same built for any machine, 60 rules",
            "d60" => "trees and the slow matcher, 60 rules",
            "e60" => "rsigma-eval 0.23, 60 rules",
            _ => "rsigma-eval 0.23, 800 rules",
        }
    }
}

/// Prints the table and the ratios.
pub(crate) fn print(sizes: &[usize], rows: &[Row]) {
    print!("\n{:<47}", "nanoseconds per record, records per payload");
    sizes.iter().for_each(|size| print!("{size:>9}"));
    println!();
    for row in rows {
        print!("{:<5}{:<42}", row.name, row.what());
        (0..sizes.len()).for_each(|place| print!("{:>9.0}", row.median(place)));
        println!();
    }
    println!(
        "\nratios at {} records per payload",
        sizes.last().unwrap_or(&0)
    );
    for target in &TARGETS {
        let median = |name| {
            let row = rows.iter().find(|row| row.name == name)?;
            Some(row.median(sizes.len() - 1))
        };
        let (Some(of), Some(to)) = (median(target.of), median(target.to)) else {
            continue;
        };
        let ratio = of / to;
        let (met, sign) = match target.at_least {
            true => (ratio >= target.bound, ">="),
            false => (ratio <= target.bound, "<="),
        };
        println!(
            "{:<12}{ratio:>7.2}   target {sign} {:<5} {}",
            format!("{} / {}", target.of, target.to),
            target.bound,
            if met { "met" } else { "MISSED" },
        );
    }
}

/// The most memory that this process has had, where the system tells.
pub(crate) fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
