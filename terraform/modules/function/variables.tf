variable "name" {
  description = "Name of the function and of its role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens or underscores."
  }
}

variable "description" {
  description = "What the function does, in one line for the console."
  type        = string
  default     = ""
}

variable "artifact" {
  description = "The zip that holds `bootstrap`: `local_zip` (a path), or `s3_bucket` and `s3_key` with an optional `s3_object_version`."
  type = object({
    local_zip         = optional(string)
    s3_bucket         = optional(string)
    s3_key            = optional(string)
    s3_object_version = optional(string)
  })

  validation {
    condition = var.artifact.local_zip != null ? (
      var.artifact.s3_bucket == null && var.artifact.s3_key == null && var.artifact.s3_object_version == null
    ) : var.artifact.s3_bucket != null && var.artifact.s3_key != null
    error_message = "artifact must be either { local_zip } or { s3_bucket, s3_key, s3_object_version (optional) }."
  }
}

variable "architecture" {
  description = "Processor the zip was built for: `arm64` (a fifth cheaper) or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "source_queue" {
  description = "The queue the function reads: the output `source` of a `queue` module. null for one that only a schedule or a person calls."
  type = object({
    arn                        = string
    dead_letter_arn            = string
    dead_letter_url            = string
    visibility_timeout_seconds = number
  })
  default = null
}

variable "timeout_seconds" {
  description = "Longest run of one batch, in seconds. It is also the lease of a claim (LEASE_SECONDS)."
  type        = number
  default     = 30

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be 1 to 900."
  }

  validation {
    condition     = var.source_queue == null ? true : var.source_queue.visibility_timeout_seconds >= 6 * var.timeout_seconds + var.batching_window_seconds
    error_message = "The visibility timeout of the queue must be at least 6 times timeout_seconds plus batching_window_seconds, or a message that is still being worked on is delivered again."
  }
}

variable "memory_mb" {
  description = "Memory in MB; processor time grows with it."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb must be 128 to 10240."
  }
}

variable "batch_size" {
  description = "Most messages in one run. More than 10 needs a batching window of at least 1 s."
  type        = number
  default     = 10

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && (var.batch_size <= 10 || var.batching_window_seconds >= 1)
    error_message = "batch_size must be 1 to 10000, and above 10 only with batching_window_seconds of at least 1."
  }
}

variable "batching_window_seconds" {
  description = "How long to wait for a fuller batch, in seconds; 0 hands messages over at once."
  type        = number
  default     = 0

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300
    error_message = "batching_window_seconds must be 0 to 300."
  }
}

variable "maximum_concurrency" {
  description = "Most copies of the function that this queue may start at the same time."
  type        = number
  default     = 10

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000
    error_message = "maximum_concurrency must be 2 to 1000 (the limits of Lambda)."
  }
}

variable "environment" {
  description = "Environment of the function, besides LEASE_SECONDS, LOG_LEVEL and, with a queue, DEAD_LETTER_QUEUE_URL, which this module sets. Never a secret."
  type        = map(string)
  default     = {}
}

variable "statements" {
  description = "What the function may do beyond reading its queue and writing its log. Each names its resources in full."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(string))) # operator => key => value
  }))
  default = []

  validation {
    condition     = alltrue([for statement in var.statements : length(statement.resources) > 0 && !contains(statement.resources, "*")])
    error_message = "Each statement must name its resources; \"*\" is refused."
  }

  validation {
    condition     = alltrue([for statement in var.statements : length(statement.actions) > 0 && !strcontains(join(",", statement.actions), "*")])
    error_message = "Each statement must name its actions; wildcards are refused."
  }
}

variable "tracing" {
  description = "Where the function's traces go. environment: OpenTelemetry's variables. parameter_arns: the SSM parameter with the collector's headers, if there is one. xray: Lambda reports runs to AWS X-Ray."
  type = object({
    environment    = optional(map(string), {})
    parameter_arns = optional(list(string), [])
    xray           = optional(bool, false)
  })
  default = {}
}

variable "log_level" {
  description = "What the function logs: trace, debug, info, warn or error."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["trace", "debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be trace, debug, info, warn or error."
  }
}

variable "log_retention_days" {
  description = "Days the log is kept; one of the periods CloudWatch Logs knows."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts the function's variables and log, and what it reads and writes; its policy must let CloudWatch Logs use it (module `key-policy`); null: keys of AWS, for which no permission is needed."
  type        = string
}

variable "network" {
  description = "Subnets and security groups of a VPC that the function is put into; null: outside of one. Inside, it reaches what they lead to and nothing else."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "tags" {
  description = "Tags of everything in this module."
  type        = map(string)
  default     = {}
}
