variable "name" {
  description = "Prefix of the names of the schedule and its role."
  type        = string
}

variable "queue_arn" {
  description = "The alerts queue."
  type        = string
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
