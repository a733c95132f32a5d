"""What is told to people and authorities: change control, documents, deadlines;
every number quoted from the records."""
