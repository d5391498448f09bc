variable "name" {
  description = "Name of the configuration set, the topic and the queue."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens or underscores (SES takes no more)."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long an event that was received stays hidden: at least 6 times the timeout of the function that reads it."
  type        = number
}

variable "require_tls" {
  description = "Whether SES returns a mail whose recipient's server offers no TLS, as a bounce, instead of sending it in the clear."
  type        = bool
  default     = false
}

variable "topic_key_arn" {
  description = "KMS key that encrypts the topic; its policy must let `ses.amazonaws.com` use it (`kms:GenerateDataKey*`, `kms:Decrypt`). null: not encrypted at rest."
  type        = string
  default     = null

  validation {
    condition     = var.topic_key_arn == null ? true : can(regex("^arn:[^:]+:kms:", var.topic_key_arn))
    error_message = "topic_key_arn must be the ARN of a KMS key of your own: SES cannot use alias/aws/sns."
  }
}

variable "max_receive_count" {
  description = "Tries before an event goes to the dead-letter queue, 3 to 1000."
  type        = number
  default     = 5
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts the queue; its policy must let `sns.amazonaws.com` use it; null: the key of SQS."
  type        = string
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
