output "alarms" {
  description = "Names of the alarms, by what they watch."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name }
}

output "topic_arn" {
  description = "Topic that the alarms go to; null if nobody is told."
  value       = one(local.topics)
}

output "runbooks" {
  description = "File name of the runbook of each alarm, without `.md`."
  value       = { for key, alarm in local.alarms : key => alarm.runbook }
}
