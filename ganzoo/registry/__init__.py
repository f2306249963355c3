"""What is installed: components, hooks, discovery, signatures as schemas."""
