"""The demo: a pretend CRM in a process of its own, people and leads in it, and the story told about them."""
