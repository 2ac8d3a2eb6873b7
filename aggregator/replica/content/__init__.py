"""What the replica publishes: plans, texts, planted links, copies and the second round."""
