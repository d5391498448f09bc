//! How much each signal weighs. 40 points are medium, 70 high, 130 critical.
//!
//! Weights follow from what an analyst would say of the signal alone: "worth a look" takes a low alert to medium,
//! "supports others" takes two or three to do so. docs/analysis-evaluation.md says what they achieve.

use domain::RuleLevel;
use domain::assessment::Priority;

/// Wazuh's own words for its levels: 7 to 9 medium, 10 to 13 high, 14 and above critical. Level 6 is where a rule
/// reports an attack of low relevance, so that one more sign makes it medium.
pub(super) fn rule_level(level: RuleLevel) -> u16 {
    match level.get() {
        0..2 => 0,
        2 => 5,
        3 | 4 => 10,
        5 => 15,
        6 => 25,
        7 => 40,
        8 => 45,
        9 => 50,
        10 => 70,
        11 => 75,
        12 => 80,
        13 => 85,
        14 => 130,
        15.. => 140,
    }
}

pub(super) const ATTACK: u16 = 15;
pub(super) const RECONNAISSANCE: u16 = 15;
/// A scanner's own messages are in these groups too, at level 3.
pub(super) const MALWARE: u16 = 20;
pub(super) const LOGS_CLEARED: u16 = 25;
pub(super) const ACCESS_DENIED: u16 = 10;
pub(super) const AUTHENTICATION_FAILURE: u16 = 5;
pub(super) const PRIVILEGE_CHANGE: u16 = 10;
pub(super) const ATTACK_TECHNIQUE: u16 = 5;

/// Before it is known whether the attacked application took any harm.
pub(super) const ATTACK_ANSWERED: u16 = 15;
pub(super) const SENSOR_HIGH: u16 = 30;
pub(super) const SENSOR_MEDIUM: u16 = 15;
pub(super) const SENSITIVE_FILE: u16 = 15;
/// No program of everyday reads them by hand.
pub(super) const SECRETS: u16 = 30;
pub(super) const SERVICE_ACCOUNT: u16 = 30;

/// With a floor of high; a level of 12 with it is critical only together with more.
pub(super) const MALICIOUS: u16 = 25;
/// With a floor of medium.
pub(super) const SUSPICIOUS: u16 = 10;

/// From which score of a hunt on, how many points, and which priority at least.
pub(super) const FINDING: [(u16, u16, Priority); 2] = [(85, 25, Priority::High), (40, 10, Priority::Medium)];

/// Three failures and a success may be a person who forgot a password; eight are what Wazuh's own rules call brute force.
pub(super) const SUCCESS_AFTER_SOME: (u32, u16) = (3, 35);
pub(super) const SUCCESS_AFTER_MANY: (u32, u16) = (8, 70);
pub(super) const MANY_FAILURES: (u32, u16) = (10, 20);
pub(super) const FIRST_SEEN: u16 = 5;
pub(super) const REPETITION: [(u64, u16); 2] = [(20, 20), (2, 10)];
pub(super) const SPREAD_OVER_HOSTS: [(u32, u16); 2] = [(10, 20), (3, 15)];
/// The same for what is not hostile by itself: monitoring and administration reach many hosts too.
pub(super) const ORDINARY_SPREAD: (u32, u16) = (5, 5);
pub(super) const SPREAD_OVER_USERS: (u32, u16) = (4, 20);
pub(super) const MANY_RULES: (u32, u16) = (4, 15);

pub(super) const CRITICAL_ASSET: u16 = 20;
pub(super) const HIGH_ASSET: u16 = 10;
