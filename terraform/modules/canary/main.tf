# A synthetic alert every hour, into the queue that the publisher sends to. EventBridge Scheduler writes its id and time.

locals {
  # Each one opens an incident of its own, because its user is the execution: a first mail is what has to arrive.
  alert = {
    timestamp = "<aws.scheduler.scheduled-time>"
    id        = "<aws.scheduler.execution-id>"
    manager   = { name = "canary" }
    agent     = { id = "000", name = "canary" }
    rule = {
      id          = "wazuh-triage-canary"
      level       = 12
      description = "Synthetic alert: every stage of the pipeline works"
      groups      = ["wazuh_triage_canary"]
    }
    data     = { dstuser = "<aws.scheduler.execution-id>" }
    full_log = "Nothing happened. This alert goes through the whole pipeline every hour."
    location = "wazuh-triage-canary"
  }
}

module "schedule" {
  source = "../schedules"

  schedules = { "${var.name}-canary" = {
    description   = "Sends a synthetic alert through the pipeline"
    every_minutes = 60
    target_arn    = var.queue_arn
    # jsonencode() writes < and > as \u003c and \u003e, in which Scheduler does not see its own words.
    input = replace(replace(jsonencode(local.alert), "\\u003c", "<"), "\\u003e", ">")
  } }
  action            = "sqs:SendMessage"
  role_name         = "${var.name}-canary"
  purpose           = "send the synthetic alert"
  retries           = 3
  event_age_seconds = 600
  kms_key_arn       = var.kms_key_arn
  tags              = var.tags
}
