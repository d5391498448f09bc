//! A day of alerts on paper.

use crate::bench::{Bench, Said, said};

fn simulate(bench: &Bench, arguments: &str) -> Said {
    said(&bench.command("simulate", arguments).output().unwrap())
}

fn json(said: &Said) -> serde_json::Value {
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_day_says_where_alerts_queue_what_it_costs_and_which_limit_comes_first() {
    let said = simulate(&Bench::new(), "--alerts-per-day 300000 --hours 2");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    for part in ["alerts → enrich", "without mails and model", "lost\t0", "Limits, the one that comes first"]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(!said.out.contains("Assumptions"));
}

#[test]
fn the_same_arguments_print_the_same_and_another_seed_does_not() {
    let bench = Bench::new();
    let day = "--alerts-per-day 100000 --hours 1 --json";
    let (first, second) = (simulate(&bench, day), simulate(&bench, day));
    assert_eq!(first.out, second.out);
    let document = json(&first);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["ledger"]["expired"], 0);
    assert!(document["stages"][0]["samples"].is_null(), "only with --samples");
    assert_ne!(simulate(&bench, &format!("{day} --seed 2")).out, first.out);
}

#[test]
fn times_of_a_file_are_replayed() {
    let bench = Bench::new();
    let alert = |id: u32, second: u32| {
        format!(
            r#"{{"timestamp":"2026-01-09T10:00:{second:02}.000+0000","id":"1.{id}","rule":{{"id":"5710","level":5}}}}"#
        ) + "\n"
    };
    let alerts: String = (0..30).map(|id| alert(id, 3 + id / 10)).collect();
    bench.file("alerts.json", alerts);
    let document = json(&simulate(&bench, "--trace alerts.json --hours 1 --json"));
    assert_eq!(document["alerts"], 30);

    bench.file("alerts.json", "no alert\n");
    let said = simulate(&bench, "--trace alerts.json");
    assert_eq!(said.code, 65, "{}", said.err);
}

#[test]
fn pictures_are_written_where_they_were_asked_for() {
    let bench = Bench::new();
    let said = simulate(&bench, "--alerts-per-day 10000 --hours 1 --plot pictures");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert!(bench.page("pictures/age.svg").starts_with("<svg"));
    assert!(bench.page("pictures/depth.svg").contains("enriched"));

    bench.file("taken", "a file");
    let said = simulate(&bench, "--alerts-per-day 10 --hours 1 --plot taken");
    assert_eq!(said.code, 73);
    assert!(said.err.starts_with("triage: could not write the picture taken/age.svg: "), "{}", said.err);
}

#[test]
fn a_measured_run_is_put_beside_what_the_model_says() {
    let bench = Bench::new();
    let run = |forwarded: u32| {
        format!(
            r#"{{"schema":1,"source":"a test","seconds":120,"arrivals":[{}],"forward_share":0.5,
                "ask_share":0,"measured":{{"forwarded":{forwarded}}}}}"#,
            vec!["20"; 60].join(",")
        )
    };
    bench.file("run.json", run(600));
    let said = simulate(&bench, "--calibrate run.json");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert!(said.out.contains("forwarded alerts\t600\t"), "{}", said.out);

    bench.file("run.json", run(60));
    let said = simulate(&bench, "--calibrate run.json");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the model is off by more than 0.3: forwarded alerts"), "{}", said.err);

    bench.file("run.json", "{}");
    let said = simulate(&bench, "--calibrate run.json");
    assert_eq!(said.code, 65);
    assert!(
        said.err.starts_with("triage: could not use run.json: it is not a measured run as docs/scale.md"),
        "{}",
        said.err
    );
}

#[test]
fn a_design_that_is_not_there_is_named_beside_those_that_are() {
    let said = simulate(&Bench::new(), "--design nothing");
    assert_eq!(said.code, 64);
    assert!(
        said.err.contains("there is no design called nothing; there are A, B, C, D, today"),
        "{}",
        said.err
    );
}
