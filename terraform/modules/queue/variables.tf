variable "name" {
  description = "Name of the queue; its dead-letter queue is called `<name>-dlq`."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,76}$", var.name))
    error_message = "name must be 1 to 76 letters, digits, hyphens or underscores (SQS allows 80, `-dlq` takes four)."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden. For a function's queue: at least 6 times the function's timeout."
  type        = number
  default     = 60

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds must be 0 to 43200 (12 hours)."
  }
}

variable "max_receive_count" {
  description = "A message received this often without being deleted moves to the dead-letter queue."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receive_count >= 3 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 3 to 1000: a throttled start also counts as a receive, so fewer loses good messages to the DLQ."
  }
}

variable "sender_topic_arn" {
  description = "SNS topic that may send to the queue; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts both queues; null: the key of SQS."
  type        = string
}

variable "tags" {
  description = "Tags of both queues."
  type        = map(string)
  default     = {}
}
