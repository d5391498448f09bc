//! Requests to AWS that we sign ourselves, where the SDK of the service would be more code than what it is needed
//! for: S3 objects, and the model on Amazon Bedrock. It knows no Lambda, so that the publisher can use it.

mod bucket;
mod partition;
mod signature;

pub use bucket::{Bucket, BucketError, BucketName, BucketNameError, ETag, Got, Place};
pub use partition::domain_of;
pub use signature::{Scope, SignatureError, sign};
