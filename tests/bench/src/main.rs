//! What a record costs: decoding alone, with the scan, with rules, and in
//! other ways. One thread, every stage in every round, medians.
//!
//! `CORPUS` names a folder of trail files; without it the records are made of
//! the project's own. `ROUNDS` is the number of rounds, 15 unless told;
//! `ONLY` keeps the stages whose names begin as one of its words does (`a,c60`),
//! `SIZE` one size of payloads. With `NAMED` the sets hold no rule that every
//! record is asked, only such as name an event. `PORTABLE` is this program
//! built for any machine of the kind; its product is measured too.

mod folder;
mod material;
#[path = "../../../shared/detection/tests/engine/oracle.rs"]
mod oracle;
mod portable;
mod report;
mod rule_sets;
mod slow;
mod stages;

use std::hint::black_box;
use std::time::Duration;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};

use material::Payload;
use report::Row;
use stages::Stage;

/// Records of each payload.
const SIZES: [usize; 3] = [1, 20, 4_000];

/// Rules of the small and of the large set.
const FEW: usize = 60;
const MANY: usize = 800;

fn main() -> Result<()> {
    let rounds = std::env::var("ROUNDS").map_or(Ok(15), |text| text.parse())?;
    let only = std::env::var("ONLY").unwrap_or_else(|_| "a,b,c,d,e,p".to_owned());
    let wanted = |name: &str| only.split(',').any(|start| name.starts_with(start));
    let records = material::records()?;
    let named = std::env::var_os("NAMED").is_some_and(|value| !value.is_empty());
    let few = rule_sets::texts(FEW, named)?;
    let many = rule_sets::texts(MANY, named)?;
    let mut stages = product_stages(&few, &many)?;
    stages.retain(|stage| wanted(stage.name()));
    let sizes = match std::env::var("SIZE") {
        Ok(size) => vec![size.parse()?],
        Err(_) => SIZES.to_vec(),
    };
    let payloads: Vec<(usize, Vec<Payload>)> = sizes
        .iter()
        .copied()
        .map(|size| (size, material::payloads(&records, size)))
        .collect();
    for (_, payloads) in &payloads {
        stages.iter_mut().for_each(|stage| {
            run(stage, payloads);
        });
    }
    println!(
        "peak memory of the product's stages with all payloads at hand: {}",
        report::peak_memory()
    );
    stages.extend(slow::stages(&few, &many, &wanted)?);
    let mut rows: Vec<Row> = stages.iter().map(|stage| Row::new(stage.name())).collect();
    for round in 0..rounds {
        for (place, (_, payloads)) in payloads.iter().enumerate() {
            for (stage, row) in stages.iter_mut().zip(&mut rows) {
                if round < stage.rounds() {
                    row.add(place, run(stage, payloads));
                }
            }
        }
    }
    if let Some(program) = std::env::var_os("PORTABLE").filter(|_| wanted("p60")) {
        rows.push(portable::row(&program, &sizes, rounds)?);
    }
    report::print(&sizes, &rows);
    println!(
        "\npeak memory with the other engine: {}",
        report::peak_memory()
    );
    Ok(())
}

fn product_stages(few: &[String], many: &[String]) -> Result<Vec<Stage>> {
    Ok(vec![
        Stage::decoding(),
        Stage::scan(),
        Stage::product("c60", rule_sets::ours(few)?),
        Stage::product("c800", rule_sets::ours(many)?),
    ])
}

/// One pass over the payloads: nanoseconds per record.
fn run(stage: &mut Stage, payloads: &[Payload]) -> f64 {
    let start = processor_time();
    let mut records = 0;
    for payload in payloads {
        records += black_box(stage.run(payload));
    }
    (processor_time() - start).as_nanos() as f64 / records as f64
}

/// What this thread has had of a processor: others on the machine cost it
/// caches, but no time.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
