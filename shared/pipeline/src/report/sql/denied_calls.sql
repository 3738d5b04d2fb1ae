-- Calls refused more than ten times, by caller and call.
SELECT
  arn,
  eventname,
  COUNT(*) AS denied_count,
  account,
  MAX(username) AS username,
  MIN(eventtime) AS first_time,
  MAX(eventtime) AS last_time,
  array_join(slice(array_agg(DISTINCT sourceipaddress ORDER BY sourceipaddress) FILTER (WHERE sourceipaddress IS NOT NULL), 1, {{listed}}), ', ') AS addresses
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    {{principal}} AS arn,
    eventname,
    account,
    useridentity.username AS username,
    sourceipaddress
  FROM {{table}}
  WHERE {{period}}
    AND errorcode IN ({{denied_codes}})
) AS denials
GROUP BY arn, eventname, account
HAVING COUNT(*) > {{denied_threshold}}
ORDER BY denied_count DESC, arn, eventname, account
LIMIT {{limit}}
