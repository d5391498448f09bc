//! Countries, and how far apart they are at least.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::alert::Alert;

/// A country by its ISO 3166-1 code; only those of the table exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// One line of the table.
struct Row {
    country: Country,
    latitude: f64,
    longitude: f64,
    /// No place in the country's main part is further from its middle.
    reach_km: f64,
    names: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| lines().filter_map(read).collect());

impl Country {
    /// By code or by English name.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is = |name: &&str| name.eq_ignore_ascii_case(text);
        if text.len() == 2 {
            let code = text.to_ascii_uppercase();
            return ROWS.iter().map(|row| row.country).find(|country| country.code() == code);
        }
        ROWS.iter().find(|row| row.names.iter().any(is)).map(|row| row.country)
    }

    pub fn code(&self) -> &str {
        // Two letters of the table.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub fn name(self) -> &'static str {
        self.row().and_then(|row| row.names.first()).copied().unwrap_or_default()
    }

    /// No two places in the two countries are nearer to each other; 0 for neighbours, and for a country and itself.
    pub fn least_distance_km(self, other: Self) -> f64 {
        let (Some(one), Some(two)) = (self.row(), other.row()) else { return 0.0 };
        (one.distance_km(two) - one.reach_km - two.reach_km).max(0.0)
    }

    fn row(self) -> Option<&'static Row> {
        let index = ROWS.binary_search_by(|row| row.country.cmp(&self)).ok()?;
        ROWS.get(index)
    }
}

/// Where the alert itself says the address is: from the indexer's enrichment, or from the cloud.
pub(super) fn of(alert: &Alert) -> Option<Country> {
    const FIELDS: [&[&str]; 6] = [
        &["GeoLocation", "country_code2"],
        &["GeoLocation", "country_name"],
        &["data", "srcgeoip"],
        &["data", "geoip", "country_code"],
        &["data", "azure", "properties", "location", "countryOrRegion"],
        &["data", "ms-graph", "location", "countryOrRegion"],
    ];
    FIELDS.iter().filter_map(|path| alert.text_at(path)).find_map(|text| Country::read(&text))
}

impl Row {
    /// Along the surface of the earth, by the haversine formula.
    fn distance_km(&self, other: &Self) -> f64 {
        const EARTH_RADIUS_KM: f64 = 6371.0;
        let (latitude, other_latitude) = (self.latitude.to_radians(), other.latitude.to_radians());
        let by_latitude = ((other_latitude - latitude) / 2.0).sin().powi(2);
        let by_longitude = ((other.longitude - self.longitude).to_radians() / 2.0).sin().powi(2);
        let chord = by_latitude + latitude.cos() * other_latitude.cos() * by_longitude;
        2.0 * EARTH_RADIUS_KM * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("countries.tsv").lines().filter(|line| !line.starts_with('#'))
}

/// A line that cannot be read is left out; a test sees that there is none.
fn read(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let code: [u8; 2] = columns.next()?.as_bytes().try_into().ok()?;
    let mut number = || columns.next()?.parse().ok();
    let (latitude, longitude, reach_km) = (number()?, number()?, number()?);
    let names = columns.next()?.split('|').collect();
    Some(Row { country: Country(code), latitude, longitude, reach_km, names })
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl TryFrom<String> for Country {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("a country is one of ISO 3166-1")
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_in_order() {
        assert_eq!(ROWS.len(), lines().count());
        assert!(ROWS.windows(2).all(|pair| pair[0].country < pair[1].country));
        for row in ROWS.iter() {
            assert!(row.latitude.abs() <= 90.0 && row.longitude.abs() <= 180.0, "{}", row.country);
            assert!((5.0..4100.0).contains(&row.reach_km), "{}", row.country);
            assert!(row.names.iter().all(|name| !name.trim().is_empty()), "{}", row.country);
        }
    }

    #[test]
    fn a_country_is_known_by_code_and_by_name() {
        for (text, expected) in [
            ("DE", Some("DE")),
            ("de", Some("DE")),
            ("Germany", Some("DE")),
            ("united states of america", Some("US")),
            ("The Netherlands", Some("NL")),
            ("South Korea", Some("KR")),
            ("ZZ", None),
            ("", None),
            ("Atlantis", None),
        ] {
            let country = Country::read(text);
            assert_eq!(country.as_ref().map(Country::code), expected, "{text}");
        }
        assert_eq!(Country::read("us").unwrap().name(), "United States");
    }

    /// The true least distances, by map: 0 between neighbours, Dover to Calais 33 km, Singapore to Darwin 3,300 km,
    /// Casablanca to Natal 4,500 km.
    #[test]
    fn a_distance_is_never_more_than_the_true_one() {
        let between = |one, two| Country::read(one).unwrap().least_distance_km(Country::read(two).unwrap());
        for (one, two, at_most, at_least) in [
            ("DE", "AT", 0.0, 0.0),
            ("DE", "DE", 0.0, 0.0),
            ("US", "CA", 0.0, 0.0),
            ("RU", "CN", 0.0, 0.0),
            ("GB", "FR", 33.0, 0.0),
            ("SG", "AU", 3_300.0, 1_500.0),
            ("MA", "BR", 4_500.0, 1_500.0),
            ("DE", "SG", 9_900.0, 9_000.0),
            ("DE", "NG", 3_600.0, 3_000.0),
            ("NL", "US", 5_700.0, 4_000.0),
        ] {
            let distance = between(one, two);
            assert!((at_least..=at_most).contains(&distance), "{one} {two}: {distance}");
            assert!((distance - between(two, one)).abs() < 1e-6, "both ways are the same");
        }
    }
}
