-- How many follow an account at the end of a day, as its platform counts them or a person read it: a number of its own, never a sum.
ALTER TABLE account_days DROP CONSTRAINT account_days_name_check;
ALTER TABLE account_days ADD CONSTRAINT account_days_name_check CHECK (name IN ('gained', 'lost', 'replies', 'followers'));
