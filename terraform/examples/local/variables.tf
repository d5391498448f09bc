variable "endpoint" {
  description = "Address of the emulator, for example http://127.0.0.1:4566."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/\\s]+$", var.endpoint))
    error_message = "endpoint must be like http://127.0.0.1:4566, without a path."
  }
}

variable "artifacts_dir" {
  description = "Folder with enrich.zip, analyze.zip, notify.zip, ingest.zip and hunt.zip, built for this machine."
  type        = string
}

variable "providers_url" {
  description = "Address of the stub that answers like AbuseIPDB, MISP and OTX, as the functions see it: http://127.0.0.1:8090."
  type        = string
}

variable "model_url" {
  description = "Address of the stub that answers like OpenAI, with its version, as the functions see it: http://127.0.0.1:8090/v1."
  type        = string
}

variable "documentation_addresses" {
  description = "`public`: alerts of the demo use addresses of the documentation ranges, and they are to be looked up."
  type        = string
  default     = "public"
}

variable "update_after" {
  description = "Silences of an incident, as in the pipeline's `incidents`; the demo does not wait for five minutes."
  type        = list(string)
  default     = ["5m", "30m", "4h", "24h"]
}

variable "mail_limits" {
  description = "Limits of the group `default`, as in the pipeline's `mail_routes`. What is tried out here is every mail, unless you say otherwise."
  type = object({
    per_hour        = number
    burst           = number
    severe_per_hour = number
    severe_burst    = number
  })
  default = { per_hour = 36000, burst = 10000, severe_per_hour = 36000, severe_burst = 10000 }
}

variable "architecture" {
  description = "Processor of this machine: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"
}

variable "name" {
  description = "Prefix of every name in the emulator."
  type        = string
  default     = "wazuh-triage"
}

variable "region" {
  description = "Region the emulator is to play."
  type        = string
  default     = "us-east-1"
}

variable "mail_from" {
  description = "Sender address."
  type        = string
  default     = "wazuh-triage@soc.example"
}

variable "mail_to" {
  description = "Addresses of the analysts."
  type        = list(string)
  default     = ["analyst@soc.example"]
}

variable "watched" {
  description = "Whether there are alarms and the canary, and events of SES, which few emulators have."
  type        = bool
  default     = false
}

variable "dashboard_url" {
  description = "Address for the link in the mail; empty for no link."
  type        = string
  default     = ""
}

variable "log_level" {
  description = "What the functions log: trace, debug, info, warn or error."
  type        = string
  default     = "info"
}
