output "schedules" {
  description = "Each schedule as it is made: expression, window, target, input, retries."
  value = { for name, schedule in aws_scheduler_schedule.this : name => {
    expression = schedule.schedule_expression
    window     = one(schedule.flexible_time_window).mode
    target_arn = one(schedule.target).arn
    input      = one(schedule.target).input
    retries    = one(one(schedule.target).retry_policy).maximum_retry_attempts
    event_age  = one(one(schedule.target).retry_policy).maximum_event_age_in_seconds
  } }
}

output "policy" {
  description = "What the schedules may do: an IAM policy (JSON)."
  value       = aws_iam_role_policy.this.policy
}
