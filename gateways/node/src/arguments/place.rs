//! Where a record is, as somebody types it.

use bancada_event_record::Place;

pub(super) fn place(text: &str) -> Result<Place, String> {
    let parsed = text
        .split_once('/')
        .and_then(|(partition, offset)| Some(Place(partition.parse().ok()?, offset.parse().ok()?)));
    parsed.ok_or_else(|| "write PARTITION/OFFSET, for example 3/1207".to_owned())
}
