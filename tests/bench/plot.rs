//! Pictures of what a reader would rather look at than read, as SVG.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::table::{Quantity, Row};

const SIZE: (u32, u32) = (960, 420);
/// Beside the lines, so that it covers none.
const LEGEND: u32 = 240;
const FONT: &str = "sans-serif";
/// Told apart by those who see no red or no green as well.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// A picture with a name for its file.
pub(crate) struct Plot {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    shape: Shape,
}

enum Shape {
    /// How many of the calls took at most so long.
    Distributions(Vec<(String, Vec<Duration>)>),
    /// What happens as something grows; both axes are logarithmic.
    Growth { of: &'static str, in_unit: &'static str, lines: Vec<(String, Vec<(f64, f64)>)> },
    /// One bar for each, on a logarithmic axis.
    Bars { in_unit: &'static str, bars: Vec<(String, f64)> },
}

impl Plot {
    pub(crate) fn distributions(
        name: &'static str,
        title: impl Into<String>,
        measured: Vec<(String, Vec<Duration>)>,
    ) -> Self {
        Self { name, title: title.into(), shape: Shape::Distributions(measured) }
    }

    pub(crate) fn growth(
        name: &'static str,
        title: impl Into<String>,
        of: &'static str,
        in_unit: &'static str,
        lines: Vec<(String, Vec<(f64, f64)>)>,
    ) -> Self {
        Self { name, title: title.into(), shape: Shape::Growth { of, in_unit, lines } }
    }

    /// Every row that is a speed; nothing without any.
    pub(crate) fn throughput(rows: &[Row]) -> Option<Self> {
        let speed = |row: &Row| match row.median {
            Quantity::Speed { alerts_per_second, .. } | Quantity::Rate(alerts_per_second) => {
                Some((row.what.clone(), alerts_per_second))
            }
            _ => None,
        };
        let bars: Vec<_> = rows.iter().filter_map(speed).collect();
        let shape = Shape::Bars { in_unit: "alerts a second", bars };
        let is_empty = matches!(&shape, Shape::Bars { bars, .. } if bars.is_empty());
        (!is_empty).then(|| Self {
            name: "throughput",
            title: "Alerts a second, one machine".to_owned(),
            shape,
        })
    }

    /// Writes `NAME.svg`.
    pub(crate) fn draw(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        Ok(fs::write(folder.join(format!("{}.svg", self.name)), self.svg()?)?)
    }

    fn svg(&self) -> Result<String> {
        let mut text = String::new();
        let drawn = match &self.shape {
            Shape::Distributions(measured) => distributions(&mut text, &self.title, measured),
            Shape::Growth { of, in_unit, lines } => growth(&mut text, &self.title, of, in_unit, lines),
            Shape::Bars { in_unit, bars } => self::bars(&mut text, &self.title, in_unit, bars),
        };
        drawn.map_err(|error| anyhow!("could not draw {}: {error}", self.name))?;
        // For those who read it aloud.
        if let Some(end) = text.find('>') {
            let mut title = String::new();
            write!(title, "<title>{}</title>", self.title)?;
            text.insert_str(end + 1, &title);
        }
        Ok(text)
    }
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn distributions(text: &mut String, title: &str, measured: &[(String, Vec<Duration>)]) -> Drawn {
    let milliseconds = |took: &Duration| took.as_secs_f64() * 1e3;
    let lines: Vec<(String, Vec<(f64, f64)>)> = measured
        .iter()
        .map(|(name, took)| {
            let mut took: Vec<f64> = took.iter().map(milliseconds).collect();
            took.sort_unstable_by(f64::total_cmp);
            let share = |index: usize| 100.0 * (as_f64(index) + 1.0) / as_f64(took.len());
            let points = took.iter().enumerate().map(|(index, took)| (*took, share(index)));
            (name.clone(), points.collect())
        })
        .collect();
    let [from, to] = reach(lines.iter().flat_map(|(_, points)| points).map(|(took, _)| *took));
    let root = paper(text)?;
    draw(&root, title, (from..to).log_scale(), 0.0..100.0, ["ms", "% of them"], &lines)
}

fn growth(
    text: &mut String,
    title: &str,
    of: &str,
    in_unit: &str,
    lines: &[(String, Vec<(f64, f64)>)],
) -> Drawn {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let [from, to] = reach(points().map(|(x, _)| *x));
    let [low, high] = reach(points().map(|(_, y)| *y));
    let root = paper(text)?;
    draw(&root, title, (from..to).log_scale(), (low..high).log_scale(), [of, in_unit], lines)
}

fn bars(text: &mut String, title: &str, in_unit: &str, bars: &[(String, f64)]) -> Drawn {
    let [from, to] = reach(bars.iter().map(|(_, value)| *value));
    let from = from / 2.0;
    let root = paper(text)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(44)
        .build_cartesian_2d((from..to).log_scale(), 0.0..as_f64(bars.len()))?;
    chart
        .configure_mesh()
        .disable_y_axis()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(in_unit)
        .x_label_formatter(&|value| short(*value))
        .label_style((FONT, 12))
        .draw()?;
    for (index, (what, value)) in bars.iter().rev().enumerate() {
        let bottom = as_f64(index);
        let corners = [(from, bottom + 0.08), (*value, bottom + 0.5)];
        chart.draw_series([Rectangle::new(corners, COLOURS[0].filled())])?;
        let name = format!("{what}: {}", short(*value));
        chart.draw_series([Text::new(name, (from, bottom + 0.92), (FONT, 12))])?;
    }
    root.present()?;
    Ok(())
}

type Paper<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn paper(text: &mut String) -> Result<Paper<'_>, Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    Ok(root)
}

fn draw<X, Y>(
    root: &Paper<'_>,
    title: &str,
    x: X,
    y: Y,
    [of, in_unit]: [&str; 2],
    lines: &[(String, Vec<(f64, f64)>)],
) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(root)
        .caption(title, (FONT, 18))
        .margin(12)
        .margin_right(LEGEND + 12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(of)
        .y_desc(in_unit)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .label_style((FONT, 12))
        .draw()?;
    let (left, mut top) = (i32::try_from(SIZE.0 - LEGEND)?, 60);
    for ((name, points), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let stroke = colour.stroke_width(2);
        chart.draw_series(LineSeries::new(points.iter().copied(), stroke))?;
        root.draw(&PathElement::new([(left, top), (left + 16, top)], stroke))?;
        root.draw(&Text::new(name.clone(), (left + 24, top - 6), (FONT, 12)))?;
        top += 20;
    }
    root.present()?;
    Ok(())
}

/// An axis that holds them all and is not empty.
fn reach(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let above_zero = values.filter(|value| *value > 0.0);
    let [low, high] =
        above_zero.fold([f64::INFINITY, 0.0], |[low, high], value| [value.min(low), value.max(high)]);
    if low.is_finite() { [low / 1.15, high * 1.15] } else { [0.1, 1.0] }
}

/// `1500` is `1.5k`, `0.0025` stays.
fn short(value: f64) -> String {
    let (scaled, unit) = match value {
        1e9.. => (value / 1e9, "G"),
        1e6.. => (value / 1e6, "M"),
        1e3.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let rounded = match scaled {
        100.0.. => format!("{scaled:.0}"),
        1.0.. => format!("{scaled:.1}"),
        _ => format!("{scaled:.2}"),
    };
    let rounded =
        if rounded.contains('.') { rounded.trim_end_matches('0').trim_end_matches('.') } else { &rounded };
    format!("{rounded}{unit}")
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let check = |value, shown: &str| assert_eq!(short(value), shown);
        check(0.25, "0.25");
        check(1.0, "1");
        check(1_500.0, "1.5k");
        check(438_000.0, "438k");
        check(2_000_000.0, "2M");
    }

    #[test]
    fn every_shape_is_drawn_with_its_names() {
        let times = [3, 1, 2].map(Duration::from_millis).to_vec();
        let distribution = Plot::distributions("calls", "Calls", vec![("bash".to_owned(), times)]);
        let lines = vec![("load".to_owned(), vec![(1e3, 0.1), (1e6, 2.0)])];
        let growth = Plot::growth("scale", "Scale", "indicators", "ms", lines);
        let rows = [Row::new("reading", Quantity::Rate(4_000.0)), Row::new("size", Quantity::Size(1))];
        let throughput = Plot::throughput(&rows).unwrap();
        for (plot, told) in [(distribution, "bash"), (growth, "indicators"), (throughput, "reading: 4k")] {
            let svg = plot.svg().unwrap();
            assert!(svg.contains(told), "{svg}");
            assert!(svg.contains(&format!("<title>{}</title>", plot.title)), "{svg}");
        }
        assert!(Plot::throughput(&[]).is_none());
    }
}
