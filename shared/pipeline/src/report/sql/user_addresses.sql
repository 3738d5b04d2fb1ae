-- From which public addresses each IAM user called with success.
SELECT
  account,
  principal,
  MAX(username) AS username,
  sourceipaddress,
  COUNT(*) AS calls,
  array_join(slice(array_agg(DISTINCT eventname ORDER BY eventname) FILTER (WHERE eventname IS NOT NULL), 1, {{listed}}), ', ') AS events,
  MIN(eventtime) AS first_time,
  MAX(eventtime) AS last_time
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    account,
    {{principal}} AS principal,
    useridentity.username AS username,
    eventname,
    sourceipaddress
  FROM {{table}}
  WHERE {{period}}
    AND useridentity.type = 'IAMUser'
    AND errorcode IS NULL
    AND NOT {{failed_sign_in}}
    AND {{public_address}}
) AS calls
GROUP BY account, principal, sourceipaddress
ORDER BY last_time DESC, account, principal, sourceipaddress
LIMIT {{limit}}
