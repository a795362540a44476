//! `linear`: whether compile time and memory grow as the module does. Compiles the modules of [`crate::shapes`] at sizes
//! that double, on one thread, and reports processor time per byte of module: it must stay the same from row to row.

use crate::engines::Engine;
use crate::shapes::{SHAPES, Shape};
use crate::worker::Worker;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use wasmill_bench_harness::Threads;
use wasmill_bench_harness::protocol::{Action, Case, Sample};

/// The smallest modules: below that, what a module costs whatever its size shows.
const SMALLEST: usize = 128 << 10;
/// The fastest of so many samples counts.
const SAMPLES: usize = 3;
/// One sample is enough of something that takes so long.
const LONG_NS: u64 = 2_000_000_000;
/// A shape is not made larger when something took so long.
const TOO_LONG_NS: u64 = 20_000_000_000;

/// What the command line asks for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The engines.
    #[arg(long = "engine", value_delimiter = ',', default_value = "singlepass")]
    pub(crate) engines: Vec<String>,
    /// Only shapes whose name has one of these parts.
    #[arg(long, value_delimiter = ',')]
    shapes: Vec<String>,
    /// The largest module of many functions, in MB. One function can be 4 MB at most.
    #[arg(long, default_value_t = 64)]
    largest: usize,
    /// Every row of every shape, not only the table of all shapes.
    #[arg(long)]
    rows: bool,
    /// Write the report to this file, too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// What one engine did with one module.
struct Cell {
    /// Nanoseconds of processor time per byte of the module.
    validate: Option<f64>,
    compile: f64,
    /// Bytes of memory per byte of the module.
    memory: Option<f64>,
    /// Bytes of machine code per byte of the module.
    code: Option<f64>,
}

/// What one engine did with a shape: a module of each size, up to where it failed or took too long.
#[derive(Default)]
struct Column {
    cells: Vec<(usize, Cell)>,
    ended: Option<String>,
}

/// Measures and prints.
pub(crate) fn run(engines: &[Engine], options: &Options) -> Result<()> {
    let named = |shape: &&Shape| {
        let mut parts = options.shapes.iter();
        options.shapes.is_empty() || parts.any(|part| shape.name.contains(part.as_str()))
    };
    let shapes: Vec<&Shape> = SHAPES.iter().filter(named).collect();
    ensure!(!shapes.is_empty(), "no shape fits `--shapes`");
    let folder = crate::root().join("target/linear");
    fs::create_dir_all(&folder)?;
    let mut workers: Vec<Worker> = engines.iter().cloned().map(Worker::new).collect();
    let mut results = Vec::new();
    for shape in shapes {
        eprintln!("{}: {}", shape.name, shape.what);
        let columns = measure(shape, &mut workers, options.largest << 20, &folder)?;
        results.push((shape, columns));
    }
    let report = report(engines, &results, options.rows)?;
    print!("{report}");
    if let Some(file) = &options.markdown {
        fs::write(file, report)?;
    }
    Ok(())
}

fn measure(
    shape: &Shape,
    workers: &mut [Worker],
    largest: usize,
    folder: &Path,
) -> Result<Vec<Column>> {
    let largest = if shape.is_one_function() {
        largest.min(shape.largest())
    } else {
        largest
    };
    let mut columns: Vec<Column> = workers.iter().map(|_| Column::default()).collect();
    let doubled = |size: &usize| Some(size * 2);
    for size in std::iter::successors(Some(SMALLEST), doubled).take_while(|s| *s <= largest) {
        let wasm = shape.module(size);
        let path = folder.join(shape.name).with_extension("wasm");
        fs::write(&path, &wasm)?;
        for (worker, column) in workers.iter_mut().zip(&mut columns) {
            if column.ended.is_none() {
                column.add(size, cell(worker, &path, wasm.len()));
            }
        }
        fs::remove_file(path)?;
    }
    Ok(columns)
}

impl Column {
    fn add(&mut self, size: usize, cell: Result<Cell>) {
        match cell {
            Ok(cell) => {
                if cell.compile * size as f64 > TOO_LONG_NS as f64 {
                    self.ended = Some(format!("took too long for more than {}", megabytes(size)));
                }
                self.cells.push((size, cell));
            }
            Err(error) => self.ended = Some(format!("failed at {}: {error:#}", megabytes(size))),
        }
    }

    /// How much more a byte costs in a module twice as large: the most of all doublings.
    fn worst_growth(&self) -> Option<f64> {
        let growth = |pair: &[(usize, Cell)]| pair[1].1.compile / pair[0].1.compile;
        self.cells.windows(2).map(growth).max_by(f64::total_cmp)
    }

    /// The same from the smallest to the largest module.
    fn total_growth(&self) -> Option<f64> {
        let (first, last) = (self.cells.first()?, self.cells.last()?);
        Some(last.1.compile / first.1.compile)
    }
}

fn cell(worker: &mut Worker, module: &Path, bytes: usize) -> Result<Cell> {
    let bytes = bytes as f64;
    let per_byte = |sample: &Sample| sample.cpu_ns as f64 / bytes;
    let compiled = fastest(worker, module, Action::Compile(Threads::One))?;
    let Some(compiled) = compiled else {
        anyhow::bail!("it does not compile on one thread");
    };
    let validated = fastest(worker, module, Action::Validate)?;
    // Memory wants a fresh process.
    worker.stop();
    let case = Case {
        module: module.to_owned(),
        action: Action::CompileMemory,
    };
    let memory = match worker.prepare(&case)? {
        true => worker.measure(1)?.peak_bytes,
        false => None,
    };
    Ok(Cell {
        validate: validated.as_ref().map(per_byte),
        compile: per_byte(&compiled),
        memory: memory.map(|peak| peak as f64 / bytes),
        code: compiled.code_bytes.map(|code| code as f64 / bytes),
    })
}

fn fastest(worker: &mut Worker, module: &Path, action: Action) -> Result<Option<Sample>> {
    let case = Case {
        module: module.to_owned(),
        action,
    };
    if !worker.prepare(&case)? {
        return Ok(None);
    }
    let mut best = worker.measure(1)?;
    for _ in 1..SAMPLES {
        if best.cpu_ns < LONG_NS {
            let sample = worker.measure(1)?;
            if sample.cpu_ns < best.cpu_ns {
                best = sample;
            }
        }
    }
    Ok(Some(best))
}

fn report(
    engines: &[Engine],
    results: &[(&Shape, Vec<Column>)],
    rows: bool,
) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{}\n", crate::machine::describe())?;
    for (index, engine) in engines.iter().enumerate() {
        writeln!(out, "## {}: {}\n", engine.name, engine.title)?;
        writeln!(
            out,
            "Processor time on one thread, per byte of module. Growth: what a byte costs in the largest module, in one of \
             {} KB's; the worst doubling.\n",
            SMALLEST >> 10
        )?;
        writeln!(
            out,
            "| shape | largest | validate ns/B | compile ns/B | growth | worst doubling | memory B/B | code B/B |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for (shape, columns) in results {
            write_summary(&mut out, shape, &columns[index])?;
        }
        writeln!(out)?;
        if rows {
            for (shape, columns) in results {
                write_rows(&mut out, shape, &columns[index])?;
            }
        }
    }
    Ok(out)
}

fn write_summary(out: &mut String, shape: &Shape, column: &Column) -> std::fmt::Result {
    let ended = column
        .ended
        .as_ref()
        .map_or(String::new(), |why| format!(" ({why})"));
    let what = shape.what;
    write!(out, "| {}: {what}{ended} |", shape.name)?;
    let Some((size, cell)) = column.cells.last() else {
        return writeln!(out, " – | – | – | – | – | – | – |");
    };
    writeln!(
        out,
        " {} | {} | {:.1} | {} | {} | {} | {} |",
        megabytes(*size),
        figure(cell.validate),
        cell.compile,
        marked(column.total_growth(), 2.0),
        marked(column.worst_growth(), 1.5),
        figure(cell.memory),
        figure(cell.code)
    )
}

fn write_rows(out: &mut String, shape: &Shape, column: &Column) -> std::fmt::Result {
    writeln!(out, "\n### {}\n", shape.name)?;
    writeln!(
        out,
        "| size | validate ns/B | compile ns/B | memory B/B | code B/B |"
    )?;
    writeln!(out, "|--:|--:|--:|--:|--:|")?;
    for (size, cell) in &column.cells {
        writeln!(
            out,
            "| {} | {} | {:.1} | {} | {} |",
            megabytes(*size),
            figure(cell.validate),
            cell.compile,
            figure(cell.memory),
            figure(cell.code)
        )?;
    }
    Ok(())
}

fn megabytes(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{} KB", bytes >> 10),
        whole => format!("{whole} MB"),
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.1}"))
}

/// Bold when it is more than it may be.
fn marked(value: Option<f64>, limit: f64) -> String {
    match value {
        Some(value) if value > limit => format!("**{value:.2}**"),
        Some(value) => format!("{value:.2}"),
        None => "–".into(),
    }
}
