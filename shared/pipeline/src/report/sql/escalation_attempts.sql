-- Calls that can raise the caller's own rights, refused ones too. PassRole is
-- a permission and never an event; AssumeRole is every service's daily bread
-- and counts only for users, root and callers of other accounts.
SELECT eventtime, arn, eventname, errorcode, sourceipaddress
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    useridentity.arn AS arn,
    eventname,
    errorcode,
    sourceipaddress
  FROM {{table}}
  WHERE {{period}}
    AND {{escalation}}
) AS attempts
ORDER BY from_iso8601_timestamp(eventtime) DESC, eventid
LIMIT {{limit}}
