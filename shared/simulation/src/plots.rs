//! Pictures of what came out, as SVG.

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::outcome::Outcome;
use crate::plan::Stage;
use crate::report::{count, time};
use crate::scale::Step;

#[derive(Debug, thiserror::Error)]
#[error("could not draw {0}")]
pub struct PlotError(pub &'static str);

const SIZE: (u32, u32) = (860, 380);
const COLOURS: [RGBColor; 9] = [
    RGBColor(31, 99, 168),
    RGBColor(214, 106, 20),
    RGBColor(34, 134, 74),
    RGBColor(170, 40, 60),
    RGBColor(112, 72, 160),
    RGBColor(90, 90, 90),
    RGBColor(0, 140, 150),
    RGBColor(190, 150, 0),
    RGBColor(220, 90, 160),
];

/// A line with its name.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// How old the oldest message of each queue is over the day.
pub fn ages(outcome: &Outcome) -> Result<String, PlotError> {
    let lines = of_stages(outcome, |sample| sample.oldest_seconds);
    over_the_day("age of the oldest message", &lines, |seconds| time(*seconds))
}

/// How many messages wait in each queue over the day.
pub fn depths(outcome: &Outcome) -> Result<String, PlotError> {
    let lines = of_stages(outcome, |sample| sample.waiting as f64);
    over_the_day("messages waiting", &lines, |messages| count(*messages))
}

/// What each item costs, from the smallest load to the largest.
pub fn costs(steps: &[Step]) -> Result<String, PlotError> {
    const LEAST: f64 = 0.000_01;
    let names = steps.first().map(|step| step.sized.cost.items()).unwrap_or_default();
    let lines: Vec<Line> = names
        .iter()
        .enumerate()
        .map(|(place, (name, _))| Line {
            name: (*name).to_owned(),
            points: steps
                .iter()
                .filter_map(|step| {
                    let dollars = step.sized.cost.items().get(place)?.1;
                    (dollars >= LEAST).then_some((step.alerts as f64, dollars))
                })
                .collect(),
        })
        .collect();
    let most = highest(&lines).max(1.0) * 2.0;
    let ends = (
        steps.first().map_or(1.0, |step| step.alerts as f64),
        steps.last().map_or(10.0, |step| step.alerts as f64),
    );
    let axes = Axes {
        title: "dollars a day by item, with the settings that the load needs",
        below: "alerts a day",
        marks: None,
        x_label: |alerts| count(*alerts),
        y_label: |dollars| format!("${dollars}"),
        legend: SeriesLabelPosition::LowerRight,
    };
    draw(axes, (ends.0..ends.1).log_scale(), (LEAST..most).log_scale(), &lines)
}

fn of_stages(outcome: &Outcome, value: fn(&crate::Sample) -> f64) -> Vec<Line> {
    let named = outcome.stages.iter().zip(Stage::ALL);
    named
        .map(|(stage, kind)| Line {
            name: kind.queue().to_owned(),
            points: stage
                .samples
                .iter()
                .map(|sample| (f64::from(sample.minute) / 60.0, value(sample)))
                .collect(),
        })
        .collect()
}

fn over_the_day(what: &'static str, lines: &[Line], label: fn(&f64) -> String) -> Result<String, PlotError> {
    let hours = lines.iter().flat_map(|line| line.points.iter().map(|(hour, _)| *hour)).fold(1.0, f64::max);
    let most = highest(lines).max(1.0) * 1.05;
    let axes = Axes {
        title: what,
        below: "hour of the day",
        marks: Some(13),
        x_label: |hour| format!("{hour:.0}"),
        y_label: label,
        legend: SeriesLabelPosition::UpperLeft,
    };
    draw(axes, 0.0..hours, 0.0..most, lines)
}

/// What stands around the lines.
struct Axes {
    title: &'static str,
    below: &'static str,
    /// About how many along the bottom; as many as fit where it is not said.
    marks: Option<usize>,
    x_label: fn(&f64) -> String,
    y_label: fn(&f64) -> String,
    legend: SeriesLabelPosition,
}

fn draw<X, Y>(axes: Axes, x: X, y: Y, lines: &[Line]) -> Result<String, PlotError>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let broken = |_| PlotError(axes.title);
        area.fill(&WHITE).map_err(broken)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(axes.title, ("sans-serif", 18))
            .margin(12)
            .margin_right(40)
            .x_label_area_size(36)
            .y_label_area_size(70)
            .build_cartesian_2d(x, y)
            .map_err(broken)?;
        let mut mesh = chart.configure_mesh();
        if let Some(marks) = axes.marks {
            mesh.x_labels(marks);
        }
        mesh.x_desc(axes.below)
            .light_line_style(WHITE)
            .x_label_formatter(&axes.x_label)
            .y_label_formatter(&axes.y_label)
            .draw()
            .map_err(broken)?;
        for (line, colour) in lines.iter().zip(COLOURS) {
            let drawn = chart
                .draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)))
                .map_err(broken)?;
            drawn
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(axes.legend)
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .draw()
            .map_err(broken)?;
        area.present().map_err(broken)?;
    }
    Ok(svg)
}

fn highest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, run};

    #[test]
    fn pictures_are_drawn_of_any_day_and_the_same_for_the_same_plan() {
        for alerts in [0, 50_000] {
            let mut plan = Plan::as_shipped(alerts);
            plan.length = std::time::Duration::from_hours(3);
            let outcome = run(&plan);
            let (ages, depths) = (ages(&outcome).unwrap(), depths(&outcome).unwrap());
            assert!(ages.starts_with("<svg") && ages.contains("age of the oldest message"));
            assert!(depths.contains("notices"), "every queue has its line");
            assert_eq!(ages, super::ages(&run(&plan)).unwrap());
        }
    }
}
