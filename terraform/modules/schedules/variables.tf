variable "schedules" {
  description = "Name => what is done and how often. input: JSON that the target gets. spread_minutes: within how many minutes a call may come; 0: at once."
  type = map(object({
    description    = string
    every_minutes  = number
    spread_minutes = optional(number, 0)
    target_arn     = string
    input          = string
  }))
}

variable "role_name" {
  description = "Name of the role that the schedules take."
  type        = string
}

variable "purpose" {
  description = "What the role lets schedules do, in words."
  type        = string
}

variable "action" {
  description = "What they do to their targets."
  type        = string
  default     = "lambda:InvokeFunction"

  validation {
    condition     = contains(["lambda:InvokeFunction", "sqs:SendMessage"], var.action)
    error_message = "action must be lambda:InvokeFunction or sqs:SendMessage."
  }
}

variable "functions" {
  description = "Names of the Lambda functions among the targets, by any key that is known before they exist."
  type        = map(string)
  default     = {}
}

variable "retries" {
  description = "How often Scheduler tries again."
  type        = number
  default     = 0
}

variable "event_age_seconds" {
  description = "After how long a call is not made any more, 60 to 86400."
  type        = number

  validation {
    condition     = var.event_age_seconds >= 60 && var.event_age_seconds <= 86400
    error_message = "event_age_seconds must be 60 to 86400."
  }
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts the schedules, and the queue if they send to one; null: the key of Scheduler."
  type        = string
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
