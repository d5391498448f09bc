output "queues" {
  description = "Queue URLs: `alerts`, `enriched`, `notices`, `feedback`."
  value       = module.pipeline.queues
}

output "dead_letter_queues" {
  description = "URLs of the dead-letter queues, by the same keys."
  value       = module.pipeline.dead_letter_queues
}

output "tables" {
  description = "Table names: `claims`, `intel`, `incidents`, `analyses`, `sightings`, `deliveries`."
  value       = module.pipeline.tables
}

output "functions" {
  description = "Function names: `enrich`, `analyze`, `notify`, `ingest`, `hunt`."
  value       = module.pipeline.functions
}

output "log_groups" {
  description = "Log group names, by the same keys as `functions`."
  value       = module.pipeline.log_groups
}

output "parameters" {
  description = "Names of the parameters for the API keys: `abuseipdb_key`, `misp_key`, `otx_key`, `abusech_key`, `model_key`."
  value       = module.pipeline.parameters
}

output "mail" {
  description = "Sender and recipients."
  value       = module.pipeline.mail
}

output "feeds" {
  description = "Feeds: `bucket`, which holds their copies, the snapshot and the lists, and `every_minutes` by feed."
  value       = module.pipeline.feeds
}
