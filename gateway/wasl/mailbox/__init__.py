"""Mail that comes in: an SMTP port for bounces, complaints and answers, and for nothing else."""
