//! From measurements to figures: medians, their ratios to the baseline, geometric means; as JSON and as Markdown.
//!
//! A case gives one or more rows: compiling on all threads gives wall time and processor time, compiling on one gives
//! wall time and, where the engine tells, the size of the code. Rows of one kind form a table.

use crate::engines::{BASELINE, Engine};
use crate::run::{Measured, Outcome};
use crate::stats::{geometric_mean, median};
use crate::suite::{Group, Item};
use crate::{machine, setup};
use anyhow::Result;
use serde::Serialize;
use std::fmt::Write as _;
use wasmill_bench_harness::Threads;
use wasmill_bench_harness::protocol::{Action, Sample};

/// Which time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Clock {
    /// As on the wall.
    Wall,
    /// What this process used of the processor: on a busy machine, waiting for it is left out.
    Processor,
}

/// Everything a run found out.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: machine::Machine,
    clock: Clock,
    /// The engine that ratios are relative to.
    baseline: String,
    engines: Vec<Column>,
    tables: Vec<Table>,
    /// What failed, in words.
    pub(crate) failures: Vec<String>,
}

#[derive(Serialize)]
struct Column {
    name: String,
    title: String,
}

#[derive(Serialize)]
struct Table {
    title: &'static str,
    unit: &'static str,
    /// Whether people are shown all engines' figures instead of ratios.
    absolute: bool,
    rows: Vec<Row>,
    /// Over all rows first, then over each category of rows.
    means: Vec<Mean>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    category: &'static str,
    cells: Vec<Cell>,
}

/// What one engine achieved in one row.
#[derive(Default, Serialize)]
struct Cell {
    median: Option<f64>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    samples: usize,
    /// Median by the baseline's median.
    ratio: Option<f64>,
    failed: bool,
}

#[derive(Serialize)]
struct Mean {
    over: String,
    /// One per engine, over the rows that it and the baseline have.
    ratios: Vec<Option<f64>>,
    /// How many rows that were.
    rows: Vec<usize>,
}

/// A kind of figure, which is a table of its own.
struct Kind {
    title: &'static str,
    unit: &'static str,
    absolute: bool,
    applies: fn(&Item) -> bool,
    /// The figure in the table's unit; the number is the size of the module's code section.
    figure: fn(&Sample, f64, Clock) -> Option<f64>,
}

fn per_iteration_ns(sample: &Sample, clock: Clock) -> f64 {
    let time = match clock {
        Clock::Wall => sample.wall_ns,
        Clock::Processor => sample.cpu_ns,
    };
    time as f64 / sample.iterations as f64
}

fn compiles_on(item: &Item, threads: Threads) -> bool {
    item.action == Action::Compile(threads)
}

const KINDS: [Kind; 13] = [
    Kind {
        title: "Run time",
        unit: "ms",
        absolute: false,
        applies: |item| item.group == Group::Run,
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock) / 1e6),
    },
    Kind {
        title: "Calls and traps",
        unit: "ns",
        absolute: false,
        applies: |item| item.group == Group::Call,
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock)),
    },
    Kind {
        title: "Globals, tables and memories from the host",
        unit: "ns",
        absolute: false,
        applies: |item| item.group == Group::Access,
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock)),
    },
    Kind {
        title: "Instantiate and drop",
        unit: "ns",
        absolute: false,
        applies: |item| item.group == Group::Instantiate,
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock)),
    },
    Kind {
        title: "Compile time, one thread",
        unit: "ms",
        absolute: false,
        applies: |item| compiles_on(item, Threads::One),
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock) / 1e6),
    },
    Kind {
        title: "Compile throughput, one thread (more is better)",
        unit: "MB/s",
        absolute: true,
        applies: |item| compiles_on(item, Threads::One),
        figure: |sample, code_section, clock| {
            Some(code_section / 1e6 / (per_iteration_ns(sample, clock) / 1e9))
        },
    },
    Kind {
        title: "Compile time, all threads",
        unit: "ms",
        absolute: false,
        applies: |item| compiles_on(item, Threads::All),
        figure: |sample, _, _| Some(per_iteration_ns(sample, Clock::Wall) / 1e6),
    },
    Kind {
        title: "Processor time of compiling on all threads",
        unit: "ms",
        absolute: false,
        applies: |item| compiles_on(item, Threads::All),
        figure: |sample, _, _| Some(per_iteration_ns(sample, Clock::Processor) / 1e6),
    },
    Kind {
        title: "Processor time of compiling on all threads per byte of Wasm code",
        unit: "ns",
        absolute: true,
        applies: |item| compiles_on(item, Threads::All),
        figure: |sample, code_section, _| {
            Some(per_iteration_ns(sample, Clock::Processor) / code_section)
        },
    },
    Kind {
        title: "Machine code per byte of Wasm code",
        unit: "bytes",
        absolute: true,
        applies: |item| compiles_on(item, Threads::One),
        figure: |sample, code_section, _| {
            sample.code_bytes.map(|bytes| bytes as f64 / code_section)
        },
    },
    Kind {
        title: "Peak memory added by compiling",
        unit: "MB",
        absolute: true,
        applies: |item| item.group == Group::Memory,
        figure: |sample, _, _| sample.peak_bytes.map(|bytes| bytes as f64 / 1e6),
    },
    Kind {
        title: "Load a compiled module",
        unit: "µs",
        absolute: false,
        applies: |item| item.group == Group::Load,
        figure: |sample, _, clock| Some(per_iteration_ns(sample, clock) / 1e3),
    },
    Kind {
        title: "Interrupt a call (wall time)",
        unit: "µs",
        absolute: false,
        applies: |item| item.group == Group::Interrupt,
        figure: |sample, _, _| Some(per_iteration_ns(sample, Clock::Wall) / 1e3),
    },
];

impl Report {
    /// Works out all figures.
    pub(crate) fn new(engines: &[Engine], measured: &[Measured], clock: Clock) -> Result<Self> {
        let baseline = engines
            .iter()
            .position(|engine| engine.name == BASELINE)
            .unwrap_or(0);
        let mut tables = Vec::new();
        for kind in &KINDS {
            let chosen = measured
                .iter()
                .filter(|measured| (kind.applies)(&measured.item));
            let rows = chosen
                .map(|measured| row(kind, measured, baseline, clock))
                .collect::<Result<Vec<_>>>()?;
            let rows: Vec<Row> = rows.into_iter().filter(Row::has_figures).collect();
            if !rows.is_empty() {
                let means = means(&rows, engines.len());
                tables.push(Table {
                    title: kind.title,
                    unit: kind.unit,
                    absolute: kind.absolute,
                    rows,
                    means,
                });
            }
        }
        let columns = engines.iter().map(|e| Column {
            name: e.name.clone(),
            title: e.title.clone(),
        });
        Ok(Report {
            machine: machine::describe(),
            clock,
            baseline: engines[baseline].name.clone(),
            engines: columns.collect(),
            tables,
            failures: failures(engines, measured),
        })
    }

    /// All of it, for programs.
    pub(crate) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The tables, for people: the baseline's figures, everybody else's ratios to them.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}\n", self.machine)?;
        for engine in &self.engines {
            writeln!(out, "- {}: {}", engine.name, engine.title)?;
        }
        writeln!(
            out,
            "\nRatios of medians to {}'s, below 1 is better than it, where a table does not say otherwise; geometric means are \
             always of ratios. Times are {} time.",
            self.baseline,
            match self.clock {
                Clock::Wall => "wall",
                Clock::Processor => "processor",
            }
        )?;
        for table in &self.tables {
            self.write_table(out, table)?;
        }
        if !self.failures.is_empty() {
            writeln!(out, "\n## Failures\n")?;
            for failure in &self.failures {
                writeln!(out, "- {failure}")?;
            }
        }
        Ok(())
    }

    fn write_table(&self, out: &mut String, table: &Table) -> std::fmt::Result {
        writeln!(out, "\n## {}\n", table.title)?;
        write!(out, "| | {} ({}) |", self.baseline, table.unit)?;
        let others = || {
            self.engines
                .iter()
                .enumerate()
                .filter(|(_, engine)| engine.name != self.baseline)
        };
        for (_, engine) in others() {
            write!(out, " {} |", engine.name)?;
        }
        writeln!(out, "\n|---|--:|{}", "--:|".repeat(self.engines.len() - 1))?;
        let baseline = self
            .engines
            .iter()
            .position(|engine| engine.name == self.baseline)
            .unwrap_or(0);
        for row in &table.rows {
            let absolute = row.cells[baseline].median;
            write!(
                out,
                "| {} | {} |",
                row.name,
                absolute.map_or("–".into(), figure)
            )?;
            for (index, _) in others() {
                let cell = &row.cells[index];
                let text = if table.absolute {
                    cell.absolute_text()
                } else {
                    cell.text(absolute.is_none())
                };
                write!(out, " {text} |")?;
            }
            writeln!(out)?;
        }
        for mean in &table.means {
            write!(out, "| **{}** | **1** |", mean.over)?;
            for (index, _) in others() {
                let ratio = mean.ratios[index].map_or("–".into(), |ratio| format!("{ratio:.3}"));
                let missing = mean.rows[baseline] - mean.rows[index];
                let note = if missing > 0 {
                    format!(" (without {missing})")
                } else {
                    String::new()
                };
                write!(out, " **{ratio}**{note} |")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Row {
    fn has_figures(&self) -> bool {
        self.cells
            .iter()
            .any(|cell| cell.median.is_some() || cell.failed)
    }
}

impl Cell {
    fn absolute_text(&self) -> String {
        match self.median {
            _ if self.failed => "failed".into(),
            median => median.map_or("–".into(), figure),
        }
    }

    fn text(&self, absolute: bool) -> String {
        match (self.ratio, self.median) {
            _ if self.failed => "failed".into(),
            (Some(ratio), _) if ratio < 0.1 => format!("{ratio:.3}"),
            (Some(ratio), _) => format!("{ratio:.2}"),
            (None, Some(median)) if absolute => format!("({})", figure(median)),
            _ => "–".into(),
        }
    }
}

/// Three significant digits, or whole numbers.
fn figure(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn row(kind: &Kind, measured: &Measured, baseline: usize, clock: Clock) -> Result<Row> {
    let code_section = match measured.item.group {
        Group::Compile => {
            code_section_bytes(&std::fs::read(setup::module_path(measured.item.module))?) as f64
        }
        _ => 0.0,
    };
    let mut cells: Vec<Cell> = Vec::new();
    for outcome in &measured.outcomes {
        cells.push(match outcome {
            Outcome::NotApplicable => Cell::default(),
            Outcome::Failed(_) => Cell {
                failed: true,
                ..Cell::default()
            },
            Outcome::Samples(samples) => {
                let values: Vec<f64> = samples
                    .iter()
                    .filter_map(|s| (kind.figure)(s, code_section, clock))
                    .collect();
                Cell {
                    minimum: values.iter().copied().min_by(f64::total_cmp),
                    maximum: values.iter().copied().max_by(f64::total_cmp),
                    samples: values.len(),
                    median: median(values),
                    ..Cell::default()
                }
            }
        });
    }
    let base = cells[baseline].median;
    for cell in &mut cells {
        cell.ratio = cell.median.zip(base).map(|(own, base)| own / base);
    }
    let name = measured
        .item
        .name
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    Ok(Row {
        name,
        category: measured.item.category,
        cells,
    })
}

fn means(rows: &[Row], engines: usize) -> Vec<Mean> {
    let mut categories: Vec<&str> = Vec::new();
    for row in rows {
        if !categories.contains(&row.category) {
            categories.push(row.category);
        }
    }
    let mut means = vec![mean("geometric mean".into(), rows, engines, |_| true)];
    if categories.len() > 1 {
        let of = |category: &&str| {
            mean(format!("of {category}"), rows, engines, |row| {
                row.category == *category
            })
        };
        means.extend(categories.iter().map(of));
    }
    means
}

fn mean(over: String, rows: &[Row], engines: usize, chosen: impl Fn(&Row) -> bool) -> Mean {
    let ratios_of = |engine: usize| -> Vec<f64> {
        rows.iter()
            .filter(|row| chosen(row))
            .filter_map(|row| row.cells[engine].ratio)
            .collect()
    };
    let all: Vec<Vec<f64>> = (0..engines).map(ratios_of).collect();
    Mean {
        over,
        ratios: all.iter().map(|ratios| geometric_mean(ratios)).collect(),
        rows: all.iter().map(Vec::len).collect(),
    }
}

fn failures(engines: &[Engine], measured: &[Measured]) -> Vec<String> {
    let mut failures = Vec::new();
    for measured in measured {
        for (outcome, engine) in measured.outcomes.iter().zip(engines) {
            if let Outcome::Failed(error) = outcome {
                failures.push(format!(
                    "{} in {}: {error}",
                    measured.item.name, engine.name
                ));
            }
        }
    }
    failures
}

/// The size of a module's code section; 1 if there is none, so that it can divide.
fn code_section_bytes(wasm: &[u8]) -> usize {
    const CODE: u8 = 10;
    let mut rest = wasm.get(8..).unwrap_or_default();
    while let Some((&id, after)) = rest.split_first() {
        let Some((size, body)) = leb128(after) else {
            break;
        };
        if id == CODE {
            return size.max(1);
        }
        rest = body.get(size..).unwrap_or_default();
    }
    1
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(category: &'static str, ratios: [Option<f64>; 2]) -> Row {
        let cells = ratios.map(|ratio| Cell {
            ratio,
            ..Cell::default()
        });
        Row {
            name: String::new(),
            category,
            cells: cells.into(),
        }
    }

    #[test]
    fn means_are_over_the_rows_that_an_engine_has() {
        let rows = [
            row("a", [Some(1.0), Some(2.0)]),
            row("a", [Some(1.0), None]),
            row("b", [Some(1.0), Some(8.0)]),
        ];
        let means = means(&rows, 2);
        assert_eq!(means.len(), 3);
        assert!((means[0].ratios[1].expect("two rows") - 4.0).abs() < 1e-12);
        assert_eq!(means[0].rows, [3, 2]);
        assert_eq!(means[2].rows, [1, 1]);
    }

    #[test]
    fn the_code_section_is_found() {
        let wasm = wat::parse_str("(module (memory 1) (func (nop)))").expect("it parses");
        // One body of four bytes (size, no locals, nop, end), after the count.
        assert_eq!(code_section_bytes(&wasm), 5);
        assert_eq!(code_section_bytes(b"\0asm\x01\0\0\0"), 1);
        assert_eq!(code_section_bytes(b"\0asm\x01\0\0\0\x01\xff"), 1);
    }
}
