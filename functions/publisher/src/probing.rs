//! What the relay makes of bytes from the bucket of lists, given by hand: for the fuzz targets.

pub use crate::list_file::split;
pub use crate::relay::feed_lists::checked;
