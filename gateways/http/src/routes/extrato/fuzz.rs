//! Whatever is asked of a statement: it is a filter or is refused.

use actix_web::web::Query;
use bancada_fuzz::{Fuzz, gist};

use super::{MAX_PAGE, StatementQuery, filter};

#[test]
fn no_bytes_make_a_query_panic_and_every_filter_has_limits() {
    let seeds = [
        "search=caf%C3%A9&kind=purchase&from_ms=0&to_ms=-1&before=18446744073709551615&limit=200",
        "limit=&before=&kind=&search=%20",
        "limit=7&kind=decline",
    ];
    let seeds = seeds.map(|query| query.as_bytes().to_vec());
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "query").seeds(seeds);
    fuzz.words(&["%ff", "refund", "void", "hold", "&limit="]).run(|query| {
        let query = String::from_utf8_lossy(query);
        let Ok(read) = Query::<StatementQuery>::from_query(&query) else {
            return "no query".to_owned();
        };
        match filter(read.into_inner()) {
            Ok(filter) => {
                assert!((1..=MAX_PAGE).contains(&filter.limit));
                assert!(filter.before.is_none_or(|before| i64::try_from(before).is_ok()));
                assert!(filter.search.is_none_or(|text| text.chars().count() <= 100));
                format!("{:?} {}", filter.kind, filter.before.is_some())
            }
            Err(error) => gist(&format!("{error:?}").replace('"', " ")),
        }
    });
}
