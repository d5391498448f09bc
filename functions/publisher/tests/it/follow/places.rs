//! Starts, rotations, and files that are not where they were.

use std::fs::{self, File};
use std::time::Duration;

use jiff::Timestamp;
use publisher::follow::{FollowError, Follower, Start, Trouble};

use super::manager::{Manager, NONE, alert, read_all, read_and_commit, read_with_troubles};

#[test]
fn it_starts_at_the_end_after_the_last_whole_line() {
    let mut manager = Manager::started();
    manager.alert(1);
    let text = alert(2);
    let (first, rest) = text.split_at(40);
    manager.write(first);
    let mut follower = manager.follower(Start::End);
    assert_eq!(read_all(&mut follower), NONE);
    manager.write(format!("{rest}\n"));
    manager.alert(3);
    assert_eq!(read_all(&mut follower), [2, 3]);
}

#[test]
fn what_comes_after_the_first_start_is_not_lost_without_a_commit() {
    let mut manager = Manager::started();
    manager.alert(1);
    drop(manager.follower(Start::End));
    manager.alert(2);
    assert_eq!(read_all(&mut manager.follower(Start::End)), [2]);
}

#[test]
fn it_starts_at_the_beginning_of_the_current_file() {
    let mut manager = Manager::started();
    manager.alert(1);
    manager.rotate();
    manager.alert(2);
    assert_eq!(read_all(&mut manager.follower(Start::Beginning)), [2]);
}

#[test]
fn it_starts_at_a_time_in_whatever_file() {
    let mut manager = Manager::new();
    for day in 20..24 {
        manager.turn_to(day, 0);
        for hour in [8, 16] {
            let text = format!(
                r#"{{"rule":{{"id":"1","level":3}},"timestamp":"2026-11-{day}T{hour:02}:00:00.000+0100","id":"{day}{hour}"}}"#
            );
            manager.write(text + "\n");
        }
        // Written last at the day's end, as its time of modification says.
        let end: Timestamp = format!("2026-11-{day}T22:59:59Z").parse().unwrap();
        File::open(manager.today()).unwrap().set_modified(end.into()).unwrap();
    }
    manager.compress(20, 0);
    manager.compress(21, 0);
    let start = Start::At("2026-11-21T12:00:00Z".parse().unwrap());
    let mut follower = manager.follower(start);
    assert_eq!(read_all(&mut follower), [2116, 228, 2216, 238, 2316]);
    assert_eq!(follower.counts().too_old, 3, "the day before is compressed today, so it is looked at");

    // A restart in the middle of the old ones goes on not wanting them.
    fs::remove_file(manager.checkpoint()).unwrap();
    drop(manager.follower(start));
    assert_eq!(read_all(&mut manager.follower(Start::End)), [2116, 228, 2216, 238, 2316]);
}

#[test]
fn a_file_and_a_folder_that_appear_later_are_read_from_their_beginning() {
    let mut manager = Manager::new();
    let mut follower = manager.follower(Start::End);
    assert_eq!(read_all(&mut follower), NONE);
    manager.rotate();
    manager.alert(1);
    manager.rotate();
    manager.alert(2);
    drop(follower);
    assert_eq!(read_all(&mut manager.follower(Start::End)), [1, 2]);
}

#[test]
fn a_plain_file_without_dated_ones_is_followed_too() {
    let manager = Manager::new();
    fs::create_dir_all(manager.alerts().parent().unwrap()).unwrap();
    fs::write(manager.alerts(), alert(1) + "\n").unwrap();
    let mut follower = manager.follower(Start::Beginning);
    assert_eq!(read_and_commit(&mut follower), [1]);
    // Moved away and made anew, as logrotate does.
    fs::rename(manager.alerts(), manager.alerts().with_extension("1")).unwrap();
    assert_eq!(read_all(&mut follower), NONE);
    fs::write(manager.alerts(), alert(2) + "\n").unwrap();
    assert_eq!(read_and_commit(&mut follower), [2]);
    drop(follower);
    assert_eq!(read_all(&mut manager.follower(Start::End)), NONE);
}

#[test]
fn dated_files_are_followed_where_there_are_no_links() {
    let mut manager = Manager::started();
    manager.alert(1);
    fs::remove_file(manager.alerts()).unwrap();
    let mut follower = manager.follower(Start::Beginning);
    assert_eq!(read_all(&mut follower), [1]);
    manager.rotate();
    manager.alert(2);
    fs::remove_file(manager.alerts()).unwrap();
    assert_eq!(read_all(&mut follower), [2]);
}

#[test]
fn the_old_file_is_finished_before_the_new_one() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    assert_eq!(read_all(&mut follower), [1]);
    manager.alert(2);
    manager.rotate();
    manager.alert(3);
    manager.rotate_part();
    manager.alert(4);
    assert_eq!(follower.lag().unwrap().files, 2);
    assert_eq!(follower.lag().unwrap().bytes, 3 * (alert(2).len() as u64 + 1));
    assert_eq!(read_all(&mut follower), [2, 3, 4]);
    assert_eq!(follower.lag().unwrap(), publisher::follow::Lag::default());
}

/// Falls behind by some days, then restarts; whatever is compressed meanwhile, nothing is missing.
#[test]
fn several_rotations_and_a_restart_are_caught_up() {
    for compressed in [vec![], vec![1], vec![1, 2], vec![2], vec![1, 2, 3]] {
        let mut manager = Manager::started();
        let mut follower = manager.follower(Start::End);
        (1..20).for_each(|number| manager.alert(number));
        assert_eq!(read_and_commit(&mut follower), (1..20).collect::<Vec<_>>());
        drop(follower);
        (20..40).for_each(|number| manager.alert(number));
        for number in 40..43 {
            manager.rotate();
            manager.alert(number);
        }
        for day in &compressed {
            manager.compress(*day, 0);
        }
        let mut follower = manager.follower(Start::End);
        assert_eq!(follower.lag().unwrap().files, 3);
        assert_eq!(
            follower.lag().unwrap().bytes,
            23 * (alert(20).len() as u64 + 1),
            "compressed: {compressed:?}"
        );
        assert_eq!(read_with_troubles(&mut follower), ((20..43).collect(), vec![]), "{compressed:?}");
    }
}

#[test]
fn a_restart_in_a_compressed_file_goes_on_in_it() {
    let mut manager = Manager::started();
    (100..400).for_each(|number| manager.alert(number));
    let mut follower = manager.follower(Start::Beginning);
    manager.rotate();
    manager.compress(1, 0);
    assert!(!follower.read(4096).unwrap().is_idle());
    let batch = follower.read(4096).unwrap();
    let position = batch.position();
    follower.commit(&position).unwrap();
    drop(follower);
    let mut follower = manager.follower(Start::End);
    let first = follower.read(4096).unwrap();
    let first: Vec<u64> = first.alerts().map(super::manager::number).collect();
    follower.commit(&position).unwrap();
    drop(follower);
    let all = read_all(&mut manager.follower(Start::End));
    assert_eq!(first[0], all[0]);
    assert_eq!(all, (all[0]..400).collect::<Vec<_>>());
    assert!(all[0] > 100);
}

#[test]
fn a_truncated_file_is_read_from_its_beginning() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    (1..5).for_each(|number| manager.alert(number));
    assert_eq!(read_and_commit(&mut follower), [1, 2, 3, 4]);
    let file = File::options().write(true).open(manager.alerts()).unwrap();
    file.set_len(0).unwrap();
    manager.alert(5);
    assert_eq!(read_with_troubles(&mut follower), (vec![5], vec![Trouble::Replaced]));
    // Grown beyond what was read before, so that its size says nothing.
    file.set_len(0).unwrap();
    (6..20).for_each(|number| manager.alert(number));
    assert_eq!(read_with_troubles(&mut follower), ((6..20).collect(), vec![Trouble::Replaced]));
    drop(follower);
    assert_eq!(
        read_with_troubles(&mut manager.follower(Start::End)),
        ((6..20).collect(), vec![Trouble::Replaced]),
        "the checkpoint is of the file before the truncation"
    );
}

/// After a power failure the file may end before what was read of it, and grow again.
#[test]
fn a_file_that_lost_its_end_is_read_again() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    (100..150).for_each(|number| manager.alert(number));
    assert_eq!(read_and_commit(&mut follower).len(), 50);
    drop(follower);
    let size = (alert(100).len() as u64 + 1) * 40;
    File::options().write(true).open(manager.alerts()).unwrap().set_len(size).unwrap();
    (150..170).for_each(|number| manager.alert(number));
    let (numbers, troubles) = read_with_troubles(&mut manager.follower(Start::End));
    assert_eq!(numbers, (100..140).chain(150..170).collect::<Vec<_>>());
    assert_eq!(troubles, [Trouble::Replaced]);
}

#[test]
fn a_file_that_is_gone_is_said_and_the_next_one_is_read() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    assert_eq!(read_and_commit(&mut follower), [1]);
    drop(follower);
    manager.rotate();
    manager.alert(2);
    manager.rotate();
    manager.alert(3);
    fs::remove_file(manager.dated(1, 0)).unwrap();
    assert_eq!(read_with_troubles(&mut manager.follower(Start::End)), (vec![2, 3], vec![Trouble::Gone]));
}

/// The file system gives the number of a removed file to the next one.
#[test]
fn a_file_is_not_taken_for_another_with_its_inode() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    (1..50).for_each(|number| manager.alert(number));
    assert_eq!(read_and_commit(&mut follower).len(), 49);
    drop(follower);
    let text = fs::read_to_string(manager.checkpoint()).unwrap();
    manager.rotate();
    (50..99).for_each(|number| manager.alert(number));
    manager.compress(1, 0);
    let metadata = fs::metadata(manager.alerts()).unwrap();
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    let mut checkpoint: serde_json::Value = serde_json::from_str(&text).unwrap();
    checkpoint["position"]["place"]["file"]["inode"] = inode.into();
    fs::write(manager.checkpoint(), checkpoint.to_string()).unwrap();
    assert_eq!(read_all(&mut manager.follower(Start::End)), (50..99).collect::<Vec<_>>());
}

/// The same for the file before, which a clock that is set back would bring back, when the next one is compressed.
#[test]
fn a_compressed_file_is_not_taken_for_the_one_before_with_its_inode() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    manager.rotate();
    manager.alert(2);
    assert_eq!(read_and_commit(&mut follower), [1, 2]);
    drop(follower);
    for number in 3..5 {
        manager.rotate();
        manager.alert(number);
    }
    manager.compress(1, 0);
    manager.compress(3, 0);
    let metadata = fs::metadata(manager.dated(3, 0).with_added_extension("gz")).unwrap();
    let text = fs::read_to_string(manager.checkpoint()).unwrap();
    let mut checkpoint: serde_json::Value = serde_json::from_str(&text).unwrap();
    checkpoint["position"]["before"]["file"]["inode"] = std::os::unix::fs::MetadataExt::ino(&metadata).into();
    fs::write(manager.checkpoint(), checkpoint.to_string()).unwrap();
    assert_eq!(read_all(&mut manager.follower(Start::End)), [3, 4]);
}

#[test]
fn a_clock_that_is_set_back_loses_and_repeats_nothing() {
    let mut manager = Manager::new();
    manager.turn_to(5, 0);
    let mut follower = manager.follower(Start::Beginning);
    manager.alert(1);
    manager.turn_to(9, 0);
    manager.alert(2);
    assert_eq!(read_all(&mut follower), [1, 2]);
    manager.turn_to(5, 0);
    manager.alert(3);
    assert_eq!(read_and_commit(&mut follower), [3]);
    manager.alert(4);
    manager.turn_to(6, 0);
    manager.alert(5);
    assert_eq!(read_all(&mut follower), [4, 5]);
    assert_eq!(read_all(&mut manager.follower(Start::End)), [4, 5]);
}

#[test]
fn a_damaged_compressed_file_is_said_and_left() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    assert_eq!(read_and_commit(&mut follower), [1]);
    drop(follower);
    manager.rotate();
    manager.alert(2);
    manager.compress(1, 0);
    let gz = manager.dated(1, 0).with_added_extension("gz");
    let size = fs::metadata(&gz).unwrap().len();
    File::options().write(true).open(gz).unwrap().set_len(size - 6).unwrap();
    assert_eq!(read_with_troubles(&mut manager.follower(Start::End)), (vec![2], vec![Trouble::Damaged]));
}

#[test]
fn what_is_not_a_file_is_an_error_that_says_so() {
    let manager = Manager::started();
    let open = || Follower::open(manager.options(Start::End)).err().unwrap().to_string();
    fs::remove_file(manager.alerts()).unwrap();
    std::os::unix::fs::symlink(manager.dated(1, 0), manager.alerts()).unwrap();
    assert!(open().contains("alerts.json is a symbolic link, not a file"), "{}", open());
    fs::remove_file(manager.alerts()).unwrap();
    fs::create_dir(manager.alerts()).unwrap();
    assert!(open().contains("alerts.json is a folder, not a file"), "{}", open());
}

#[test]
fn alerts_json_may_not_become_a_link_while_it_is_followed() {
    let manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    fs::remove_file(manager.alerts()).unwrap();
    std::os::unix::fs::symlink(manager.dated(1, 0), manager.alerts()).unwrap();
    let error = follower.read(4096).err().unwrap();
    assert!(matches!(error, FollowError::NotAFile(..)) && !error.is_transient());
}

#[test]
fn a_checkpoint_that_is_not_understood_is_an_error_with_its_cure() {
    let mut manager = Manager::started();
    manager.alert(1);
    drop(manager.follower(Start::End));
    let good = fs::read_to_string(manager.checkpoint()).unwrap();
    for (content, expected) in [
        (String::new(), "is damaged; remove it, and set the start"),
        (good[..good.len() / 2].to_owned(), "is damaged; remove it"),
        (good.replace("\"offset\"", "\"offest\""), "is damaged; remove it"),
        (good.replace("\"version\":1", "\"version\":2"), "has version 2, which this program does not know"),
        (good.replace("alerts.json", "others.json"), "give every followed file a checkpoint of its own"),
    ] {
        fs::write(manager.checkpoint(), content).unwrap();
        let error = Follower::open(manager.options(Start::End)).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_stops_the_start() {
    let manager = Manager::started();
    let mut options = manager.options(Start::End);
    options.checkpoint = manager.root().join("missing/follow.json");
    let error = Follower::open(options).err().unwrap();
    assert!(error.to_string().contains("it needs a folder of the user wazuh"), "{error}");
}

#[test]
fn waiting_ends_when_something_is_written() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    // The first look may be for nothing.
    for _ in 0..3 {
        follower.wait(Duration::from_millis(1)).unwrap();
    }
    manager.alert(1);
    let begin = std::time::Instant::now();
    while read_all(&mut follower).is_empty() {
        follower.wait(Duration::from_secs(30)).unwrap();
    }
    manager.rotate();
    manager.alert(2);
    while read_all(&mut follower).is_empty() {
        follower.wait(Duration::from_secs(30)).unwrap();
    }
    manager.alert(3);
    while read_all(&mut follower).is_empty() {
        follower.wait(Duration::from_secs(30)).unwrap();
    }
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
}

/// It shall have a thread of its own beside the shipper's runtime.
#[test]
fn it_may_move_to_another_thread() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    assert_eq!(std::thread::spawn(move || read_all(&mut follower)).join().unwrap(), [1]);
}
