"""What an audit asks an account, and what the answers mean. Sends nothing itself: it asks through `answers.Asking`.

HubSpot counts by search only: a total per question, and at most 10,000 records of it. So leads that are few enough are
read and counted here; of more, every group that is wanted is counted by a search of its own.
"""
