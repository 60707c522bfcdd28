"""Facts about services that the reference lacks, each with its origin; what AWS can be asked."""
