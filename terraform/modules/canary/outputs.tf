output "schedule" {
  description = "Name of the schedule."
  value       = aws_scheduler_schedule.this.name
}

output "alert" {
  description = "The alert as the schedule writes it, with Scheduler's words for its id and time."
  value       = one(aws_scheduler_schedule.this.target).input
}
