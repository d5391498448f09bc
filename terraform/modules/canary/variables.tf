variable "name" {
  description = "Prefix of the names of the schedule and its role."
  type        = string
}

variable "queue_arn" {
  description = "The alerts queue."
  type        = string
}

variable "kms_key_arn" {
  description = "KMS key of your own that encrypts the queue and the schedule; null: they have those of AWS."
  type        = string
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
