variable "name" {
  description = "Prefix of every name; the bucket's ends with the account's id."
  type        = string
}

variable "artifact" {
  description = "The zip of ingest: see the module `function`."
  type = object({
    local_zip         = optional(string)
    s3_bucket         = optional(string)
    s3_key            = optional(string)
    s3_object_version = optional(string)
  })
}

variable "sources" {
  description = "Built-in feeds, by name with underscores: whether each is fetched, and every how many minutes."
  type        = map(object({ enabled = bool, every_minutes = number }))

  validation {
    condition     = alltrue([for settings in values(var.sources) : settings.every_minutes >= 5 && settings.every_minutes <= 10080 && floor(settings.every_minutes) == settings.every_minutes])
    error_message = "every_minutes must be a whole number from 5 to 10080 (a week)."
  }
}

variable "misp_feeds" {
  description = "Feeds in MISP's format that need no MISP: name => url of the folder with manifest.json, and every how many minutes."
  type        = map(object({ url = string, every_minutes = number }))
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.misp_feeds) : can(regex("^[a-z0-9-]{1,40}$", name))])
    error_message = "The name of a MISP feed must be 1 to 40 lower-case letters, digits and hyphens, as in circl-osint."
  }

  validation {
    condition     = alltrue([for feed in values(var.misp_feeds) : can(regex("^https?://[^\\s,]+$", feed.url)) && !endswith(feed.url, "/manifest.json")])
    error_message = "The url of a MISP feed must begin with https://, without comma, and end before /manifest.json."
  }

  validation {
    condition     = alltrue([for feed in values(var.misp_feeds) : feed.every_minutes >= 60 && feed.every_minutes <= 10080 && floor(feed.every_minutes) == feed.every_minutes])
    error_message = "every_minutes of a MISP feed must be a whole number from 60 to 10080 (a week)."
  }
}

variable "mirrors" {
  description = "Other addresses of publishers: spamhaus, feodo, urlhaus, threatfox, tor, warninglists."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, url in var.mirrors : contains(["spamhaus", "feodo", "urlhaus", "threatfox", "tor", "warninglists"], name) && can(regex("^https?://[^\\s]+$", url))])
    error_message = "mirrors must be addresses with https:// for spamhaus, feodo, urlhaus, threatfox, tor or warninglists."
  }
}

variable "environment" {
  description = "What ingest is told besides the feeds: tables, addresses, names of parameters, whom the site believes."
  type        = map(string)
}

variable "claims_table_arn" {
  description = "Table in which a run claims its feed."
  type        = string
}

variable "intel_table_arn" {
  description = "Table that rows are written to."
  type        = string
}

variable "parameter_arns" {
  description = "SSM parameters with the keys of feeds."
  type        = list(string)
}

variable "architecture" {
  description = "Processor the zip was built for: `arm64` or `x86_64`."
  type        = string
}

variable "timeout_seconds" {
  description = "Longest run, in seconds; what it leaves undone the next one does."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 180 && var.timeout_seconds <= 900
    error_message = "timeout_seconds of ingest must be 180 to 900: a step takes up to a minute, and so does publishing."
  }
}

variable "memory_mb" {
  description = "Memory in MB."
  type        = number
}

variable "tracing" {
  description = "Where the function's traces go: `tracing` of the module `function`."
  type = object({
    environment    = optional(map(string), {})
    parameter_arns = optional(list(string), [])
    xray           = optional(bool, false)
  })
  default = {}
}

variable "log_level" {
  description = "What the function logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days the log is kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the bucket may only be deleted when it is empty."
  type        = bool
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts the bucket, the tables that ingest writes, its variables, its log and the schedules; null: keys of AWS."
  type        = string
}

variable "network" {
  description = "Subnets and security groups of a VPC that ingest is put into; null: outside of one. Inside, it reaches what they lead to and nothing else."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "tags" {
  description = "Tags of everything in this module."
  type        = map(string)
  default     = {}
}
