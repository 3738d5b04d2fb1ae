-- What each caller did, as one chain of calls in the order they happened; a
-- call repeated at once is written once.
SELECT
  account,
  principal,
  MAX(username) AS username,
  array_join(slice(array_agg(eventname ORDER BY happened, eventid) FILTER (WHERE earlier IS NULL OR earlier <> eventname), 1, {{listed}}), ' -> ') AS events,
  COUNT(*) AS calls,
  COUNT(errorcode) AS failed,
  COUNT(CASE WHEN eventname <> 'AssumeRole' THEN 1 END) AS other_than_assume_role,
  MIN(eventtime) AS first_time,
  MAX(eventtime) AS last_time,
  array_join(slice(array_agg(DISTINCT sourceipaddress ORDER BY sourceipaddress) FILTER (WHERE sourceipaddress IS NOT NULL), 1, {{listed}}), ', ') AS addresses
FROM (
  SELECT
    calls.*,
    LAG(eventname) OVER (PARTITION BY account, principal ORDER BY happened, eventid) AS earlier
  FROM (
    SELECT DISTINCT
      eventid,
      eventtime,
      from_iso8601_timestamp(eventtime) AS happened,
      account,
      {{principal}} AS principal,
      useridentity.username AS username,
      eventname,
      errorcode,
      sourceipaddress
    FROM {{table}}
    WHERE {{period}}
      AND {{filter}}
  ) AS calls
) AS steps
GROUP BY account, principal
ORDER BY last_time DESC, account, principal
LIMIT {{limit}}
