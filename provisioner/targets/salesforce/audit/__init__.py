"""What an audit asks an org: SOQL as text, and what the answers mean. Talks to nobody.

Every module has questions (SOQL by a key of its own) and a reader of their answers. Leads count by the instant they
were created, so that a query can be repeated later with the same result but for what was changed since.
"""
