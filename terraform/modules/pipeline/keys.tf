# What a key of one's own must allow, and which topic has which. Who uses it, and for what, stands in the modules.

module "key_policy" {
  source = "../key-policy"

  name = var.name
}

locals {
  # A topic may have one for itself, which counts before that of the whole.
  topic_keys = { for topic, own in { mail_events = var.mail_events.topic_key_arn, alarms = var.observability.notify.topic_key_arn } :
  topic => own == null ? var.kms_key_arn : own }
}
