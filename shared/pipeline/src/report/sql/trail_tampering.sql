-- Calls that blind the trail, refused ones too.
SELECT eventtime, arn, eventname, requestparameters, sourceipaddress, username, errorcode, account, awsregion, trail
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    useridentity.arn AS arn,
    eventname,
    requestparameters,
    sourceipaddress,
    useridentity.username AS username,
    errorcode,
    account,
    awsregion,
    COALESCE(
      json_extract_scalar(requestparameters, '$.name'),
      json_extract_scalar(requestparameters, '$.trailName')
    ) AS trail
  FROM {{table}}
  WHERE {{period}}
    AND eventsource = 'cloudtrail.amazonaws.com'
    AND eventname IN ({{tampering_calls}})
) AS calls
ORDER BY from_iso8601_timestamp(eventtime) DESC, eventid
LIMIT {{limit}}
