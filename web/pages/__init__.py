"""The pages, grouped by what they are about; each module has one blueprint called `pages`."""
