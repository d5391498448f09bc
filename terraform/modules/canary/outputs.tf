output "schedule" {
  description = "Name of the schedule."
  value       = one(keys(module.schedule.schedules))
}

output "alert" {
  description = "The alert as the schedule writes it, with Scheduler's words for its id and time."
  value       = one(values(module.schedule.schedules)).input
}

output "policy" {
  description = "What the schedule may do: an IAM policy (JSON)."
  value       = module.schedule.policy
}
