"""Opens and clicks of mails, for topics that ask for it: links of ours in place of the author's, and what people and machines do there."""
