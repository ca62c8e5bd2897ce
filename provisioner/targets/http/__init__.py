"""HTTP towards a CRM, whoever made it: where we connect to, how long, how much, how often, and what never leaves.

What an answer means, and in which words we tell it, is the business of the vendors' sessions.
"""
